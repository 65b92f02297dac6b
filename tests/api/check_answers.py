"""Holds answers of the API, as tests have got them, against the OpenAPI document: python check_answers.py READY ANSWERS.

Requests that are made up find no endpoint, no tightening and no rehearsal. Tests have all of that, so that what the document says of
such answers is held against real ones. READY is what a running server writes once it is ready, from which the document is had;
ANSWERS has a JSON object in each line: `method`, `path`, `status`, `content_type` and `body`.
"""

import json
import re
import ssl
import sys
import urllib.request
from collections import Counter, defaultdict

import jsonschema_rs

# More of the same kind tell nothing new.
MOST_SHOWN = 20


def operations(document):
    """Each operation with a pattern of its path; fixed parts come before those in braces."""
    found = []
    for path, item in document["paths"].items():
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        found += [(pattern, path, method.upper(), operation) for method, operation in item.items() if method != "parameters"]
    return sorted(found, key=lambda one: one[1].count("{"))


class Document:
    def __init__(self, document):
        self.document = document
        self.operations = operations(document)
        self.validators = {}

    def find(self, method, path):
        path = path.split("?")[0]
        return next((one for one in self.operations if one[2] == method and one[0].fullmatch(path)), None)

    def wrong(self, answer):
        """What is wrong with an answer, and to which operation it belongs; nothing is said of what is no operation."""
        found = self.find(answer["method"], answer["path"])
        if found is None:
            return None, None
        _, path, method, operation = found
        # That the server fails is foreseen for none of them; tests make it do so.
        if answer["status"] >= 500:
            return None, None
        name = f"{method} {path} {answer['status']}"
        described = operation["responses"].get(str(answer["status"]))
        if described is None:
            return name, "The document does not know this answer."
        content = described.get("content", {})
        kind = answer["content_type"].split(";")[0]
        if not content:
            return name, None if not answer["body"] else "The document says that it has no body."
        if kind not in content:
            return name, f"The document does not know the content type “{kind}”."
        if not kind.endswith("json"):
            return name, None
        if name not in self.validators:
            schema = {**content[kind].get("schema", {}), "components": self.document["components"]}
            self.validators[name] = jsonschema_rs.Draft202012Validator(schema)
        error = next(self.validators[name].iter_errors(json.loads(answer["body"])), None)
        if error is None:
            return name, None
        place = "/".join(str(part) for part in error.instance_path)
        return name, f"At “{place}”: {error.message[:400]}"


def document_of(ready):
    """The document of a running server."""
    with open(ready, encoding="utf-8") as file:
        ready = json.load(file)
    # A server that was just made shows a certificate for which nobody vouches.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(
        f"https://{ready['console']}/api/v1/openapi.json",
        headers={"Authorization": f"Bearer {ready['administrator_token']}"},
    )
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        return json.load(answer)


def main(ready, answers):
    described = Document(document_of(ready))
    seen, wrong = Counter(), defaultdict(Counter)
    with open(answers, encoding="utf-8") as file:
        for line in file:
            name, problem = described.wrong(json.loads(line))
            if name is not None:
                seen[name] += 1
                if problem is not None:
                    wrong[name][problem] += 1
    succeeded = {name for name in seen if name.split()[-1].startswith("2")}
    never = [
        f"{method} {path}"
        for _, path, method, _ in described.operations
        if not any(name.startswith(f"{method} {path} ") for name in succeeded)
    ]
    print(f"{sum(seen.values())} answers of {len(described.operations) - len(never)} operations that have succeeded in tests.")
    for operation in sorted(never):
        print(f"  No test has seen it succeed: {operation}")
    for name, problems in sorted(wrong.items()):
        for problem, number in problems.most_common(MOST_SHOWN):
            print(f"{name}, {number} times: {problem}", file=sys.stderr)
    # Nothing was held against anything.
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
