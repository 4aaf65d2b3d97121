"""The files that are generated, as text by their names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from deploy.grafana.generate.dashboard import document
from deploy.grafana.generate.pages import city, health, network, outages, point, region, targets
from deploy.grafana.generate.signs import Json
from deploy.grafana.generate.words import LANGUAGES, Words, read_table

HERE: Final = Path(__file__).resolve().parent.parent
PAGES: Final = (city, network, region, point, outages, targets, health)
MOUNTED: Final = "/etc/grafana/quanshi"
"""Where this folder is, as Grafana sees it."""

WALL: Final = "/../"
"""The root of the host on which Grafana is, also where it lives below a path: it puts that path before every
address that begins with a slash."""

_MADE: Final = "# Made by `python -m deploy.grafana.generate`: change that, not this.\n"

_DATA_SOURCE: Final = """\
apiVersion: 1
datasources:
  - name: Quanshi
    uid: quanshi-prometheus
    type: prometheus
    access: proxy
    url: http://127.0.0.1:9090    # of Prometheus, as Grafana reaches it
    isDefault: true
    editable: false
    jsonData:
      httpMethod: POST
      timeInterval: 15s           # scrape_interval of prometheus.yml
      manageAlerts: false
"""

_PROVIDER: Final = """\
apiVersion: 1
providers:
  - name: quanshi-{language}
    folder: {folder}
    folderUid: quanshi-{language}
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 60
    options:
      path: {mounted}/dashboards/{language}
"""


def documents(words: Words, wall: str) -> dict[str, Json]:
    """The dashboards of one language by their names."""
    pages = [each.page(words) for each in PAGES]
    return {page.name: document(page, words, wall) for page in pages}


def everything(wall: str) -> dict[str, str]:
    """All files by their paths below ``deploy/grafana``."""
    found = {"provisioning/datasources/quanshi.yaml": _MADE + _DATA_SOURCE}
    table = read_table()
    for language in LANGUAGES:
        words = Words(language, table)
        provider = _PROVIDER.format(language=language, folder=words("folder"), mounted=MOUNTED)
        found[f"provisioning/dashboards/quanshi-{language}.yaml"] = _MADE + provider
        for name, dashboard in documents(words, wall).items():
            text = json.dumps(dashboard, ensure_ascii=False, indent=1)
            found[f"dashboards/{language}/{name}.json"] = text + "\n"
    return found
