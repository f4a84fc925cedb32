"""Bilingual (Chinese/English) instruction data from seed tasks and a teacher model."""

__version__ = "0.1.0"
