"""Files: rows in the layouts of trainers, what a run leaves behind, and the folder they lie in."""
