"""Prefect flows. A flow names its parameters, cuts the work into tasks, and shows how it goes."""
