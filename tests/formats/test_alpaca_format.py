from tests.formats.rows import make_task
from vicugna.formats.alpaca import write_alpaca


def test_the_file_can_be_compared_line_by_line(tmp_path):
    path = tmp_path / "alpaca.json"

    write_alpaca([make_task("plain en"), make_task("plain zh")], path)

    assert path.read_text(encoding="utf-8") == (
        "[\n"
        '{"instruction":"Name a bird.","input":"","output":"A red kite."},\n'
        '{"instruction":"说出一种鸟。","input":"","output":"麻雀。"}\n'
        "]\n"
    )
