"""Tokens, scripts and ROUGE-L for Chinese and English alike."""
