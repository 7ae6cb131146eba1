"""The packages that ``lix new-policy`` can write: one for each decision, and one for a plugin that answers hooks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import Final

import attrs

from lixcore_cli.new_package import Names, Package


class Kind(Enum):
    """What a policy decides, as the command line says it; or a plugin, which may decide anything."""

    EVICTION = "eviction"
    WINDOW = "window"
    TOKEN_COUNTER = "token-counter"  # noqa: S105  # tokens of language models, no secret
    RETENTION = "retention"
    EXPIRY = "expiry"
    REDACTION = "redaction"
    ADMISSION = "admission"
    MATCH = "match"
    RANKING = "ranking"
    ANALYZER = "analyzer"
    PLUGIN = "plugin"

    @property
    def setting(self) -> str:
        """The setting that chooses it; of a plugin, the one that lets it in."""
        return _SETTINGS.get(self, f"{self.value}_policy")


_SETTINGS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.TOKEN_COUNTER: "token_counter", Kind.ANALYZER: "analyzer", Kind.PLUGIN: "plugins"}
)


def policy_package(names: Names, kind: Kind) -> Package:
    """The package of a policy, or of a plugin."""
    is_plugin = kind is Kind.PLUGIN
    words = kind.setting.replace("_", " ").removesuffix("s")
    submodule = "hooks" if is_plugin else "policy"
    class_name = f"{names.stem}{''.join(part.capitalize() for part in words.split())}"
    values = {
        **attrs.asdict(names),
        "class_name": "" if is_plugin else class_name,
        "submodule": submodule,
        "target": f"{names.module}.{submodule}" if is_plugin else f"{names.module}:{class_name}",
        "dependencies": '"lixcore"' if is_plugin else '"attrs", "lixcore"',
        "port_words": words,
        "setting": kind.setting,
        "group": f"lixcore.{kind.setting}",
    }
    home = files("lixcore_cli") / "templates" / ("plugin" if is_plugin else "policy") / "use.md.txt"
    values["use"] = Template(home.read_text(encoding="utf-8")).substitute(values).strip()
    return Package(
        names,
        {
            "pyproject.toml": "adapter/pyproject.toml.txt",
            "README.md": "policy/README.md.txt",
            "src/$module/__init__.py": "plugin/init.py.txt" if is_plugin else "adapter/init.py.txt",
            "src/$module/$submodule.py": f"{kind.value}/policy.py.txt",
            "src/$module/py.typed": "",
            "tests/test_$submodule.py": f"{kind.value}/test_policy.py.txt",
            "tests/test_installed.py": "plugin/test_installed.py.txt" if is_plugin else "adapter/test_installed.py.txt",
        },
        values,
    )
