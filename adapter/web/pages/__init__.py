"""The HTML pages, their files, and reports of pages that could not start."""
