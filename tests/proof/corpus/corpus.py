"""Real mails: every visible word of every HTML part is in `body_text`.

    python tests/proof/corpus/corpus.py CLEAN MAILS

CLEAN is the example `clean` of the domain, MAILS a folder of raw mails. Beside them are the
mails and HTML that the crates named in Cargo.toml publish with their tests. What is visible is told by another parser (Lexbor, by selectolax) and by the rules below. Prints the
share of words that are there and what is missing; fails below SHARE.
"""

import collections
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

# What was measured, less a little for another version of the other parser.
SHARE = float(os.environ.get("SHARE", "0.999"))
# What browsers don't show as text. Forms' own values are shown by a mail program as fields.
UNSEEN = "script, style, head, title, template, noscript, noembed, noframes, iframe, object, svg, math, select, textarea, audio, video, canvas, datalist"
WORD = re.compile(r"\w+")


def published():
    """The folders of the crates whose test files are a part of the corpus."""
    manifest = Path(__file__).with_name("Cargo.toml")
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path", str(manifest)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [Path(one["manifest_path"]).parent for one in told["packages"] if one["name"] in ("ammonia", "mail-parser")]


def html_parts(path):
    """The HTML of a file: all of it, or the parts of a mail."""
    raw = path.read_bytes()
    if path.suffix in (".html", ".htm"):
        yield raw.decode("utf-8", "replace")
        return
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() != "text/html":
            continue
        body = part.get_payload(decode=True)
        if not body:
            continue
        charset = part.get_content_charset() or "utf-8"
        try:
            yield body.decode(charset, "replace")
        except LookupError:
            yield body.decode("latin-1")


def visible(html):
    """The text of an HTML document, as the other parser sees it."""
    tree = LexborHTMLParser(html)
    for node in tree.css(UNSEEN):
        node.decompose()
    body = tree.body
    return body.text(separator="", deep=True) if body is not None else ""


def words(text):
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def squeezed(text):
    return "".join(words(text))


def missing_from(there, asked):
    """The words that are there less often than they were asked for. Words that touch in one
    text and not in the other are the same letters, so it is letters that are looked through;
    their order is not: parsers move what stands loose in tables before them or behind."""
    lost = []
    for word, count in collections.Counter(asked).items():
        lost += [word] * max(0, count - there.count(word))
    return lost


def main(clean, mails):
    found = (path for folder in [Path(mails), *published()] for path in folder.rglob("*"))
    files = sorted(path for path in found if path.suffix in (".txt", ".eml", ".html"))
    parts = [(path, html) for path in files for html in html_parts(path)]
    lines = "\n".join(json.dumps(html) for _, html in parts) + "\n"
    ran = subprocess.run([clean], input=lines, capture_output=True, text=True, check=True)
    texts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(texts) == len(parts), f"{len(texts)} of {len(parts)} answered"
    refused = total = 0
    missing = collections.Counter()
    incomplete = []
    for (path, html), text in zip(parts, texts):
        if text is None:
            refused += 1
            print(f"refused: {path.name}, {len(html.encode()):,} bytes")
            continue
        asked = words(visible(html))
        total += len(asked)
        lost = missing_from(squeezed(text), asked)
        if lost:
            missing.update(lost)
            incomplete.append((path.name, len(lost), lost[:8]))
    lost = sum(missing.values())
    share = 1 - lost / total if total else 0
    print(f"{len(files):,} files, {len(parts):,} HTML parts, {refused} refused as larger than a message may be")
    print(f"{total:,} visible words, {total - lost:,} found in body_text: {share:.5%}")
    print(f"{len(parts) - refused - len(incomplete):,} parts whole, {len(incomplete)} with something missing:")
    for name, count, some in sorted(incomplete, key=lambda one: -one[1])[:40]:
        print(f"  {name}: {count} ({' '.join(some)})")
    if share < SHARE:
        sys.exit(f"less than {SHARE:.3%}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
