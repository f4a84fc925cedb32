"""A catalogue of small Python functions with calls, results and a typical bug of each.

The tests execute every function, call and bug of this catalogue; the teacher itself never
executes code.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function with pairs of a call's arguments and its result. Any of `names` will do.

    `source` uses the first name. `bug` is what a beginner writes instead of `line`, one line of
    `source` without its indent.
    """

    key: str
    names: tuple[str, ...]
    source: str
    calls: tuple[tuple[str, str], ...]
    line: str
    bug: str

    def named(self, name: str) -> str:
        """Return the source with another function name."""
        return self.source.replace(self.names[0], name)


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "vowels",
        ("count_vowels", "vowels_in", "vowel_count"),
        "def count_vowels(text):\n"
        '    return sum(1 for letter in text.lower() if letter in "aeiou")',
        (('"Banana"', "3"), ('"rhythm"', "0"), ('"Oasis"', "3")),
        'return sum(1 for letter in text.lower() if letter in "aeiou")',
        'return sum(1 for letter in text if letter in "aeiou")',
    ),
    Function(
        "palindrome",
        ("is_palindrome", "reads_same_backwards"),
        "def is_palindrome(text):\n"
        "    letters = [sign for sign in text.lower() if sign.isalnum()]\n"
        "    return letters == letters[::-1]",
        (('"Never odd or even"', "True"), ('"window"', "False"), ('"Anna"', "True")),
        "return letters == letters[::-1]",
        "return letters == letters[1:]",
    ),
    Function(
        "average",
        ("average", "mean_of"),
        "def average(numbers):\n"
        "    if not numbers:\n"
        "        return 0\n"
        "    return sum(numbers) / len(numbers)",
        (("[4, 8, 9]", "7.0"), ("[]", "0"), ("[5, 6]", "5.5")),
        "return sum(numbers) / len(numbers)",
        "return sum(numbers) / 2",
    ),
    Function(
        "fahrenheit",
        ("to_fahrenheit", "celsius_to_fahrenheit"),
        "def to_fahrenheit(celsius):\n    return celsius * 9 / 5 + 32",
        (("100", "212.0"), ("0", "32.0"), ("-40", "-40.0")),
        "return celsius * 9 / 5 + 32",
        "return (celsius + 32) * 9 / 5",
    ),
    Function(
        "longest",
        ("longest_word", "find_longest"),
        "def longest_word(words):\n    return max(words, key=len)",
        (
            ('["oak", "willow", "pine"]', '"willow"'),
            ('["tea"]', '"tea"'),
            ('["red", "amber", "blue"]', '"amber"'),
        ),
        "return max(words, key=len)",
        "return max(words)",
    ),
    Function(
        "unique",
        ("unique_items", "without_duplicates", "drop_repeats"),
        "def unique_items(items):\n"
        "    seen = []\n"
        "    for item in items:\n"
        "        if item not in seen:\n"
        "            seen.append(item)\n"
        "    return seen",
        (
            ("[3, 1, 3, 2, 1]", "[3, 1, 2]"),
            ('["a", "a"]', '["a"]'),
            ("[]", "[]"),
        ),
        "if item not in seen:",
        "if item in seen:",
    ),
    Function(
        "word_counts",
        ("count_words", "word_counts"),
        "def count_words(text):\n"
        "    counts = {}\n"
        "    for word in text.lower().split():\n"
        "        counts[word] = counts.get(word, 0) + 1\n"
        "    return counts",
        (
            ('"tea or coffee or tea"', '{"tea": 2, "or": 2, "coffee": 1}'),
            ('""', "{}"),
            ('"Go go go"', '{"go": 3}'),
        ),
        "counts[word] = counts.get(word, 0) + 1",
        "counts[word] = 1",
    ),
    Function(
        "flatten",
        ("flatten", "join_rows"),
        "def flatten(rows):\n    return [item for row in rows for item in row]",
        (("[[1, 2], [3]]", "[1, 2, 3]"), ("[[], [7]]", "[7]"), ("[]", "[]")),
        "return [item for row in rows for item in row]",
        "return [row for row in rows]",
    ),
    Function(
        "leap_year",
        ("is_leap_year", "has_leap_day"),
        "def is_leap_year(year):\n"
        "    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
        (("2024", "True"), ("1900", "False"), ("2000", "True")),
        "return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
        "return year % 4 == 0",
    ),
    Function(
        "second_largest",
        ("second_largest", "runner_up"),
        "def second_largest(numbers):\n    return sorted(set(numbers))[-2]",
        (("[4, 9, 9, 7]", "7"), ("[1, 2]", "1"), ("[30, 10, 20]", "20")),
        "return sorted(set(numbers))[-2]",
        "return sorted(numbers)[-2]",
    ),
    Function(
        "order_total",
        ("order_total", "basket_total"),
        "def order_total(items):\n"
        "    total = 0\n"
        "    for price, quantity in items:\n"
        "        total += price * quantity\n"
        "    return total",
        (("[(3, 2), (5, 1)]", "11"), ("[]", "0"), ("[(10, 4)]", "40")),
        "total += price * quantity",
        "total = price * quantity",
    ),
    Function(
        "discount",
        ("discounted", "sale_price"),
        "def discounted(price, percent):\n    return round(price * (100 - percent) / 100, 2)",
        (("80, 25", "60.0"), ("50, 10", "45.0"), ("20, 0", "20.0")),
        "return round(price * (100 - percent) / 100, 2)",
        "return round(price - percent, 2)",
    ),
    Function(
        "initials",
        ("initials", "name_to_initials"),
        'def initials(name):\n    return "".join(part[0].upper() for part in name.split())',
        (('"ada lovelace"', '"AL"'), ('"Grace Brewster Hopper"', '"GBH"'), ('"plato"', '"P"')),
        'return "".join(part[0].upper() for part in name.split())',
        "return name[0].upper()",
    ),
    Function(
        "mask",
        ("mask_number", "hide_digits"),
        'def mask_number(number):\n    return "*" * (len(number) - 4) + number[-4:]',
        (('"5551234567"', '"******4567"'), ('"12345"', '"*2345"'), ('"98765432"', '"****5432"')),
        'return "*" * (len(number) - 4) + number[-4:]',
        'return "*" * 4 + number[4:]',
    ),
    Function(
        "chunks",
        ("chunks", "split_evenly"),
        "def chunks(items, size):\n"
        "    return [items[i:i + size] for i in range(0, len(items), size)]",
        (
            ("[1, 2, 3, 4, 5], 2", "[[1, 2], [3, 4], [5]]"),
            ("[], 3", "[]"),
            ("[6, 7, 8], 3", "[[6, 7, 8]]"),
        ),
        "return [items[i:i + size] for i in range(0, len(items), size)]",
        "return [items[i:i + size] for i in range(0, len(items))]",
    ),
    Function(
        "shared",
        ("shared_items", "in_both"),
        "def shared_items(first, second):\n    return [item for item in first if item in second]",
        (
            ('["mint", "dill", "sage"], ["sage", "mint"]', '["mint", "sage"]'),
            ("[1, 2], [3]", "[]"),
            ("[5, 6, 7], [7, 5]", "[5, 7]"),
        ),
        "return [item for item in first if item in second]",
        "return [item for item in first if item not in second]",
    ),
    Function(
        "grade",
        ("grade", "letter_for"),
        "def grade(score):\n"
        "    if score >= 90:\n"
        '        return "A"\n'
        "    if score >= 75:\n"
        '        return "B"\n'
        "    if score >= 60:\n"
        '        return "C"\n'
        '    return "F"',
        (("90", '"A"'), ("61", '"C"'), ("59", '"F"')),
        "if score >= 90:",
        "if score > 90:",
    ),
    Function(
        "reverse_words",
        ("reverse_words", "turn_around"),
        'def reverse_words(sentence):\n    return " ".join(sentence.split()[::-1])',
        (
            ('"we came home late"', '"late home came we"'),
            ('"hello"', '"hello"'),
            ('"one two"', '"two one"'),
        ),
        'return " ".join(sentence.split()[::-1])',
        "return sentence[::-1]",
    ),
    Function(
        "digit_sum",
        ("digit_sum", "sum_of_digits"),
        "def digit_sum(number):\n    return sum(int(digit) for digit in str(number))",
        (("472", "13"), ("0", "0"), ("9001", "10")),
        "return sum(int(digit) for digit in str(number))",
        "return len(str(number))",
    ),
    Function(
        "prime",
        ("is_prime", "check_prime"),
        "def is_prime(number):\n"
        "    if number < 2:\n"
        "        return False\n"
        "    for divisor in range(2, int(number ** 0.5) + 1):\n"
        "        if number % divisor == 0:\n"
        "            return False\n"
        "    return True",
        (("29", "True"), ("1", "False"), ("49", "False")),
        "for divisor in range(2, int(number ** 0.5) + 1):",
        "for divisor in range(2, int(number ** 0.5)):",
    ),
    Function(
        "divisor",
        ("greatest_divisor", "common_divisor"),
        "def greatest_divisor(a, b):\n    while b:\n        a, b = b, a % b\n    return a",
        (("84, 36", "12"), ("7, 5", "1"), ("10, 0", "10")),
        "return a",
        "return b",
    ),
    Function(
        "fibonacci",
        ("fibonacci", "first_fibonacci"),
        "def fibonacci(count):\n"
        "    numbers = []\n"
        "    a, b = 0, 1\n"
        "    for _ in range(count):\n"
        "        numbers.append(a)\n"
        "        a, b = b, a + b\n"
        "    return numbers",
        (("6", "[0, 1, 1, 2, 3, 5]"), ("1", "[0]"), ("0", "[]")),
        "a, b = b, a + b",
        "a, b = b, b + b",
    ),
    Function(
        "rotate",
        ("rotate", "shift_left"),
        "def rotate(items, steps):\n    return items[steps:] + items[:steps]",
        (
            ("[1, 2, 3, 4], 1", "[2, 3, 4, 1]"),
            ("[5, 6], 0", "[5, 6]"),
            ("[7, 8, 9], 2", "[9, 7, 8]"),
        ),
        "return items[steps:] + items[:steps]",
        "return items[:steps] + items[steps:]",
    ),
    Function(
        "merge",
        ("add_stock", "merge_counts"),
        "def add_stock(stock, delivery):\n"
        "    result = dict(stock)\n"
        "    for name, amount in delivery.items():\n"
        "        result[name] = result.get(name, 0) + amount\n"
        "    return result",
        (
            ('{"pens": 4}, {"pens": 6, "ink": 1}', '{"pens": 10, "ink": 1}'),
            ("{}, {}", "{}"),
            ('{"nails": 9}, {}', '{"nails": 9}'),
        ),
        "result = dict(stock)",
        "result = {}",
    ),
    Function(
        "adults",
        ("adult_names", "grown_ups"),
        "def adult_names(people):\n"
        '    return [person["name"] for person in people if person["age"] >= 18]',
        (
            ('[{"name": "Ida", "age": 18}, {"name": "Max", "age": 9}]', '["Ida"]'),
            ("[]", "[]"),
            ('[{"name": "Eva", "age": 40}]', '["Eva"]'),
        ),
        'return [person["name"] for person in people if person["age"] >= 18]',
        'return [person["name"] for person in people if person["age"] > 18]',
    ),
    Function(
        "minutes",
        ("to_minutes", "minutes_of"),
        "def to_minutes(time):\n"
        '    hours, minutes = time.split(":")\n'
        "    return int(hours) * 60 + int(minutes)",
        (('"1:30"', "90"), ('"0:05"', "5"), ('"12:00"', "720")),
        "return int(hours) * 60 + int(minutes)",
        "return hours * 60 + minutes",
    ),
    Function(
        "cheapest",
        ("cheapest", "best_offer"),
        "def cheapest(prices):\n    return min(prices, key=prices.get)",
        (
            ('{"rice": 4, "salt": 1, "oil": 9}', '"salt"'),
            ('{"soap": 2}', '"soap"'),
            ('{"cap": 8, "belt": 7}', '"belt"'),
        ),
        "return min(prices, key=prices.get)",
        "return min(prices)",
    ),
    Function(
        "running_total",
        ("running_total", "balance_after_each"),
        "def running_total(amounts):\n"
        "    total = 0\n"
        "    totals = []\n"
        "    for amount in amounts:\n"
        "        total += amount\n"
        "        totals.append(total)\n"
        "    return totals",
        (("[5, -2, 4]", "[5, 3, 7]"), ("[]", "[]"), ("[10, 10]", "[10, 20]")),
        "totals.append(total)",
        "totals.append(amount)",
    ),
    Function(
        "clamp",
        ("clamp", "keep_between"),
        "def clamp(value, low, high):\n    return max(low, min(value, high))",
        (("15, 0, 10", "10"), ("-3, 0, 10", "0"), ("4, 0, 10", "4")),
        "return max(low, min(value, high))",
        "return min(low, max(value, high))",
    ),
    Function(
        "ranking",
        ("ranking", "by_score"),
        "def ranking(scores):\n"
        "    return sorted(scores, key=lambda name: scores[name], reverse=True)",
        (
            ('{"Lea": 7, "Jon": 9}', '["Jon", "Lea"]'),
            ("{}", "[]"),
            ('{"A": 1, "B": 3, "C": 2}', '["B", "C", "A"]'),
        ),
        "return sorted(scores, key=lambda name: scores[name], reverse=True)",
        "return sorted(scores, key=lambda name: scores[name])",
    ),
)
