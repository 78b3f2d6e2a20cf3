"""Finds the functions of a C++ source and how many lines each takes, without a compiler, so that the limit also holds
for files that clang-tidy does not see. Good for formatted code; it knows no macro that opens a brace."""
import dataclasses
import re

_NOT_CODE = re.compile(
    r'R"(?P<mark>[^\s()\\]{0,16})\((?:.|\n)*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/')
_TYPE_OR_NAMESPACE = re.compile(r"\s*(?:template\s*<.*>\s*)?(?:export\s+|inline\s+)*(?:namespace|class|struct|enum|union|extern)\b", re.S)


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    lines: int


def without_comments(text: str) -> str:
    """The text with comments and literals blanked out; line numbers stay."""
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _without_directives(code: str) -> str:
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: re.sub(r"[^\n]", " ", match.group()), code, flags=re.M)


def _opens_function(head: str) -> bool:
    if _TYPE_OR_NAMESPACE.match(head) and not re.search(r"\)\s*(?:const|noexcept|override|final|->.*)*\s*$", head, re.S):
        return False
    return "(" in head and not re.search(r"(?:=|\breturn)\s*$", head)


def functions(text: str) -> list[Function]:
    """Functions with a body; one inside another (a lambda, a local class) counts for the outer one."""
    code = _without_directives(without_comments(text))
    found: list[Function] = []
    scopes: list[str] = []
    head_start = 0
    parens = 0
    for match in re.finditer(r"[{}();]", code):
        sign, at = match.group(), match.start()
        inside = "function" in scopes
        if sign in "()":
            parens += 1 if sign == "(" else -1
        elif sign == "{":
            head = code[head_start:at]
            if inside or parens > 0:
                scopes.append("block")
            elif _opens_function(head):
                scopes.append("function")
                first = code.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
                name = re.search(r"([~\w:]+|operator\s*\S+)\s*\(", head)
                found.append(Function(name.group(1) if name else "?", first, 0))
            else:
                scopes.append("scope")
        elif sign == "}":
            closed = scopes.pop() if scopes else ""
            if closed == "function":
                last = found[-1]
                found[-1] = dataclasses.replace(last, lines=code.count("\n", 0, at) + 2 - last.first_line)
        if sign in "{};" and parens <= 0 and "function" not in scopes:
            head_start = at + 1
    return found
