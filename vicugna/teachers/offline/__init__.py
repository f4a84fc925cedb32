"""The teacher without a key: composes bilingual tasks whose answers are right by construction."""
