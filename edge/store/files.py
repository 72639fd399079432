"""Whole files: the gate's and head office's are written by the same code (sync/files.py)."""

from sync.files import sync_folder, write_whole

__all__ = ["sync_folder", "write_whole"]
