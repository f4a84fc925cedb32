from vicugna.teachers.ask import Endpoint


def test_the_key_is_not_in_the_repr():
    """An endpoint may be logged: its key may not."""
    endpoint = Endpoint("openai", "https://api.example.com/v1", "sk-very-secret", 60.0)

    assert "sk-very-secret" not in repr(endpoint)
    assert "https://api.example.com/v1" in repr(endpoint)
