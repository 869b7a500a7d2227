"""The environment of those who installed Regulars with pip, which compiles every module once."""

import os

AS_INSTALLED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
