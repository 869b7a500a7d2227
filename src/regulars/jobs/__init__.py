"""Jobs that run by themselves: nightly pipelines, their log and their schedule."""
