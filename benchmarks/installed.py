"""The environment of a pip installation, which compiles every module once."""

import os

AS_INSTALLED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
