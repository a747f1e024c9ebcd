"""Tell a licence by its text: some servers give the whole text and no name."""

import re

_TEXTS: tuple[tuple[str, str], ...] = (
    (r"apache license,?\s+version 2\.0", "Apache-2.0"),
    (r"cc[- ]by[- ]nc[- ]4\.0|attribution-noncommercial 4\.0", "CC-BY-NC-4.0"),
    (r"cc0 1\.0|cc0-1\.0", "CC0-1.0"),
    (r"attribution 4\.0 international", "CC-BY-4.0"),
    (r"qwen research license", "LicenseRef-Qwen-Research"),
    (r"tongyi qianwen research license", "LicenseRef-Tongyi-Research"),
    (r"tongyi qianwen license|qwen license", "LicenseRef-Qwen"),
    (r"llama 4 community license", "LicenseRef-Llama-4"),
    (r"llama 3\.3 community license", "LicenseRef-Llama-3.3"),
    (r"llama 3\.2 community license", "LicenseRef-Llama-3.2"),
    (r"llama 3\.1 community license", "LicenseRef-Llama-3.1"),
    (r"llama 3 community license", "LicenseRef-Llama-3"),
    (r"llama 2 community license", "LicenseRef-Llama-2"),
    (r"gemma terms of use", "LicenseRef-Gemma"),
    (r"deepseek license agreement", "LicenseRef-DeepSeek"),
    (r"mistral ai research licen[cs]e", "LicenseRef-MRL"),
    (r"nvidia open model license", "LicenseRef-NVIDIA-Open-Model"),
    (r"exaone .{0,40}license", "LicenseRef-EXAONE"),
    (r"stability ai community license", "LicenseRef-Stability-Community"),
    (r"falcon .{0,20}license", "LicenseRef-Falcon"),
    (r"redistribution and use in source and binary forms.*neither the name", "BSD-3-Clause"),
    (r"\bmit license\b|permission is hereby granted, free of charge", "MIT"),
)
_LOOKED_AT = 4000


def licence_of(text: object) -> str | None:
    r"""Return the identifier of a known licence text, else the text's first line, shortened; ``None`` without a text.

    A first line is not an identifier that any policy knows, so the licence gate fails closed on it.

    Examples
    --------
    >>> licence_of("Apache License\n  Version 2.0, January 2004"), licence_of("MIT"), licence_of(" ")
    ('Apache-2.0', 'MIT', None)
    """
    if not isinstance(text, str) or not text.strip():
        return None
    words = " ".join(text[:_LOOKED_AT].split()).lower()
    for pattern, name in _TEXTS:
        if re.search(pattern, words):
            return name
    return " ".join(text.strip().splitlines()[0].split())[:80]
