"""Says in a beginner's words what is wrong with a line that Python cannot read.

    in_syntax(error, source)        # "a * is missing between 2 and y"

It runs beside a student's file (`child.py`), and needs nothing but the standard library.
"""

import contextlib
import difflib
import io
import keyword
import re
import tokenize
import unicodedata

TYPED = {  # letters of slides and word processors, and what is typed for them
    **dict.fromkeys("−–—‐‑", "-"),
    **dict.fromkeys("×·⋅∙∗•", "*"),
    **dict.fromkeys("÷∕", "/"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’‚′", "'"),
    "²": "**2",
    "³": "**3",
    "½": "0.5",
    "¼": "0.25",
    "⅓": "1/3",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "√": "np.sqrt(...)",
    "∑": "sum(...) or a product @",
    "∂": "a name as dE_dw",
    "∇": "a name as gradient",
    "∞": "np.inf",
    "…": "...",
    "（": "(",
    "）": ")",
    "，": ",",
    "：": ":",
    "＝": "=",
    "＋": "+",
    "＊": "*",
    "→": "a = with the name in front",
    "←": "=",
    "‖": "np.linalg.norm(...)",
    "⊤": ".T",
    "°": "* np.pi / 180",
}

SIGNS = (
    ("&&", "and"),
    ("||", "or"),
    ("=<", "<="),
    ("=>", ">="),
    ("++", "+= 1"),
    ("--", "-= 1"),
    ("<>", "!="),
)


def in_syntax(error, source):
    """What is wrong with a line that Python cannot read; "" if Python's own words are as good."""
    lines = source.splitlines()
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    said = _letter(error) or _indentation(error) or _pasted(line)
    if said or not error.msg.startswith(("invalid", "expected ':'", "named", "cannot assign")):
        return said
    code = re.sub(r"#.*|'[^']*'|\"[^\"]*\"", " ", line)
    return _return(code) or _lambda(code, source) or _sign(code) or _operator(code)


def _letter(error):
    found = re.match(r"invalid (?:non-printable )?character (?:'(.)' \()?U\+(\w+)", error.msg)
    if not found:
        return ""
    letter = found[1] or chr(int(found[2], 16))
    code = f"U+{found[2]}"
    if not letter.isprintable() or letter.isspace():
        return (
            f"there is an invisible letter ({code}), pasted from elsewhere: delete it, and "
            f"type a blank"
        )
    if letter in TYPED:
        return f"'{letter}' ({code}) is not Python's: type {TYPED[letter]}"
    plain = unicodedata.normalize("NFKC", letter)
    if plain.isdigit():
        return (
            f"'{letter}' ({code}) is not Python's: the number of an entry is written in "
            f"brackets, from 0 on"
        )
    return (
        f"'{letter}' ({code}) is not Python's, and perhaps pasted from elsewhere: type what it "
        f"stands for"
    )


def _indentation(error):
    if isinstance(error, TabError) or "inconsistent use of tabs" in error.msg:
        return "tabs and blanks are mixed at the beginning of lines: use four blanks, and no tabs"
    if "unindent does not match" in error.msg:
        return "the line begins where no line above begins: use four blanks, or eight within a loop"
    if error.msg == "unexpected indent":
        return "the line begins too far to the right"
    if "'return' outside function" in error.msg:
        return "the return is outside of the function: begin its line with four blanks"
    if "expected an indented block" in error.msg:
        return f"{error.msg}: begin the line with four blanks more"
    return ""


def _pasted(line):
    if line.lstrip().startswith(("%", "!")):
        return "lines that begin with % or ! are for notebooks: leave them out"
    if line.lstrip().startswith((">>>", "```")):
        return f"leave {line.strip()[:3]} out"
    return ""


def _return(line):
    """A return with an assignment, or an if."""
    if re.search(r"\breturn\s+if\b", line):
        return (
            "a return gives a value, and an if is none: return the comparison itself, or a if "
            "... else b"
        )
    found = re.search(r"\breturn\b\s*([\w\[\]., ]*?)\s*([-+*/@%]|\*\*|//|)=(?!=)", line)
    if not found:
        return ""
    name, operator = found[1] or "w", found[2]
    if not operator:
        return "a return gives a value, and has no = in it: leave the name and = out"
    return (
        f"return and {operator}= do not go together: write return {name} {operator} ..., or {name} "
        f"{operator}= ... in a line "
        f"of its own, and then return {name}"
    )


def _lambda(line, source):
    """λ as the name of a number."""
    if not re.search(r"\blambda\b(?!\s*(?:\w+\s*(?:,\s*\w+\s*)*)?:)", line):
        return ""
    has_decay = re.search(r"\bdecay\b", source)
    return "lambda is a word of Python's own" + (
        ": λ is called decay here" if has_decay else ", and no name"
    )


def _sign(line):
    """A sign or word of other languages."""
    for sign, instead in SIGNS:
        if sign in line:
            return f"{sign} is not Python's: write {instead}"
    if re.search(r"!(?!=)", line):
        return "! is not Python's: write not"
    if re.search(r"\bthen\b", line):
        return "then is not Python's: leave it out"
    return "else if is written elif" if re.search(r"\belse\s+if\b", line) else ""


def _operator(line):
    """Two things with nothing between them."""
    if found := re.search(r"(?<![\w.])(\d+\.?\d*)(?![eE][-+]?\d|(?<=0)[xX]|j\b|_)([A-Za-z_]\w*)", line):
        return f"a * is missing between {found[1]} and {found[2]}"
    last = None
    for token in _tokens(line):
        is_value = token.type == tokenize.NUMBER or (
            token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        )
        if last is not None and is_value and token.string not in ("print", "match", "case", "type"):
            if words := difflib.get_close_matches(last.lower(), keyword.kwlist, 1, 0.8):
                return f"{last} is no word of Python's: did you mean {words[0]}?"
            missing = "a comma" if line.lstrip().startswith("def ") else "something as *"
            return f"{missing} is missing between {last} and {token.string}"
        last = token.string if is_value or token.string in (")", "]") else None
    return ""


def _tokens(line):
    """The tokens of a line, as far as it can be read."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO(line.strip()).readline)
