"""Pinyin initials, as guards type them: «zjl» finds 周杰伦. Head office finds names by the same table (sync/pinyin.py), which knows nothing but text."""

from __future__ import annotations

from sync.pinyin import initials

__all__ = ["initials"]
