"""What a judge says aloud: its reply without the thinking that some models write down first.

Thinking comes between tags of several makes, in the channels of the harmony format, or with only its closing tag, where
the opening one was part of the prompt. Scores in it are drafts and never count.
"""

import re
from dataclasses import dataclass

_TAGS = re.compile(
    r"(?P<open><(?P<name>think|thinking|thought|thoughts|seed:think)>|\[THINK\]|◁think▷|<\|begin_of_thought\|>)"
    r"|(?P<close></(?:think|thinking|thought|thoughts|seed:think)>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<channel>\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>"
    r"(?P<text>.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_BARE_HARMONY = re.compile(r"\A\s*analysis(?=[A-Z\s])")
_BARE_FINAL = re.compile(r"assistant\s*final(?=[\s\S])")
_MARKUP = re.compile(r"<\|[a-z_]{1,30}\|>")
_LONG_BLANK = re.compile(r"(\s)\s{31,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aloud:
    """The part of a reply that is meant for others.

    Attributes
    ----------
    unfinished
        The reply ends within its thinking, so that nothing in it was meant for others.
    """

    text: str
    unfinished: bool = False


def aloud(reply: str) -> Aloud:
    r"""Return what of `reply` is no thinking; long runs of blanks are shortened.

    Examples
    --------
    >>> aloud("<think>is it 2?</think>I say 4").text
    'I say 4'
    >>> aloud("the opening tag was in the prompt</think>4").text
    '4'
    >>> aloud("<think>hm, 3 or").unfinished
    True
    """
    text = _LONG_BLANK.sub(lambda run: run[1] * 32, reply)
    if "<|channel|>" in text:
        return _final_channel(text)
    if _BARE_HARMONY.match(text) and (final := list(_BARE_FINAL.finditer(text))):
        return Aloud(text=text[final[-1].end() :].strip())
    return _outside_tags(text)


def _final_channel(text: str) -> Aloud:
    """Read harmony's channels: ``analysis`` is thinking, ``final`` is the reply, ``commentary`` calls a tool."""
    said = [(found["channel"], found["text"]) for found in _CHANNEL.finditer(text)]
    final = [words for channel, words in said if channel == "final"]
    chosen = final or [words for channel, words in said if channel != "analysis"]
    if not chosen:
        return Aloud(text="", unfinished=True)
    return Aloud(text=_MARKUP.sub("", chosen[-1]).strip())


def _outside_tags(text: str) -> Aloud:
    kept: list[str] = []
    depth = at = 0
    for tag in _TAGS.finditer(text):
        if tag["open"]:
            if depth == 0:
                kept.append(text[at : tag.start()])
            depth += 1
        elif depth:
            depth -= 1
        else:  # opened in the prompt: all before it was thought
            kept.clear()
        at = tag.end()
    if depth:
        return Aloud(text="", unfinished=True)
    return Aloud(text="".join([*kept, text[at:]]).strip())
