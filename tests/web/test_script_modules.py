"""The modules of a folder are served as one script; what is not understood stops the start."""

from pathlib import Path

import pytest

from zone.web.script_modules import bundle


def modules(folder: Path, **sources: str) -> Path:
    scripts = folder / "main.mjs"
    scripts.mkdir()
    for name, source in sources.items():
        (scripts / f"{name}.js").write_text(source)
    return scripts


def test_a_module_stands_after_what_it_needs_and_once(tmp_path: Path) -> None:
    scripts = modules(
        tmp_path,
        main='import * as a from "./a.js";\nimport { z } from "./z.js";\na.go(z);\n',
        a='import { z as y } from "./z.js";\nexport function go() { return y; }\n',
        z="const e = 1;\nexport{e as z};\n",
    )
    script = bundle(scripts).decode()
    assert [line for line in script.splitlines() if line.startswith("const $")] == [
        "const $z = (() => {",
        "const $a = (() => {",
    ]
    assert "return { z: e };" in script
    assert "const { z: y } = $z;" in script
    assert script.endswith("const a = $a;\nconst { z } = $z;\na.go(z);\n")


@pytest.mark.parametrize(
    "source",
    [
        'import z from "./z.js";\n',
        "export default 7;\n",
        'export * from "./z.js";\n',
        'import "./z.js";\n',
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match=r"main\.js imports or exports"):
        bundle(modules(tmp_path, main=source, z=""))
