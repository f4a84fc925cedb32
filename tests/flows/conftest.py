"""Flows in tests: no server unless a test asks for one, and nothing in the home folder."""

import os
import tempfile

# Before Prefect is imported anywhere.
os.environ |= {
    "PREFECT_HOME": tempfile.mkdtemp(prefix="vicugna-prefect-"),
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
