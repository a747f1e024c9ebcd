"""Make text whole again where a server cut it inside a character."""

import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udbff]|[\udc00-\udc7f]|[\udd00-\udfff]")


def mended(text: str) -> str | None:
    r"""Return `text` with characters joined whose halves came in different events, or ``None`` where bytes make no sense.

    Half a character can come as lone bytes (in the range U+DC80 to U+DCFF, as ``surrogateescape`` has it) or as half of a
    surrogate pair. At the very end it is what a token limit leaves and is dropped; a lone half of a pair elsewhere becomes
    U+FFFD.

    Examples
    --------
    >>> mended("caf\udcc3" + "\udca9"), mended("\ud83d" + "\ude00!"), mended("ab\udce2\udc82")
    ('café', '😀!', 'ab')
    >>> mended("a\udcffb") is None
    True
    """
    if text.isascii() or _clean(text):
        return text
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    data = _HALF.sub("\ufffd", joined).encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and error.end == len(data)
        return data[: error.start].decode("utf-8") if cut else None


def _clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
