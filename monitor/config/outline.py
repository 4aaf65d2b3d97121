"""The outline of the city: GeoJSON (RFC 7946) as people have it, cut down to what the map draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from monitor.config.files import read_bytes
from monitor.config.mistakes import CellError
from monitor.model.said import Said

_LIMIT: Final = 5_000_000
_RINGS: Final = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many lists lie around the positions of each kind of geometry (RFC 7946 §3.1)."""

_NO_OUTLINE: Final = Said(
    "不是由面或线组成、以经纬度（度）表示的 GeoJSON",
    "is not GeoJSON of areas or lines, in degrees of longitude and latitude",
)
_DIGITS: Final = 6
"""Of a degree: a decimetre, which no map of a city shows."""


def read_outline(path: Path) -> bytes:
    """A FeatureCollection of lines and areas with their names, as JSON.

    Raises CellError for what is none, and FileNotFoundError.
    """
    content = read_bytes(path, _LIMIT)
    try:
        document = json.loads(content)
        features = [_feature(each) for each in _features(document)]
    except (ValueError, RecursionError) as error:  # RecursionError: lists in lists without end
        raise CellError("", _NO_OUTLINE) from error
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _features(document: Any) -> list[Any]:
    """Of a collection, of one feature, or of a geometry alone. Raises ValueError."""
    kind = _of(document, "type")
    if kind == "FeatureCollection":
        features = _of(document, "features")
        if not isinstance(features, list) or not features:
            raise ValueError("no features")
        return features
    return [document] if kind == "Feature" else [{"geometry": document}]


def _feature(given: Any) -> dict[str, Any]:
    geometry = _of(given, "geometry")
    kind = _of(geometry, "type")
    if kind not in _RINGS:
        raise ValueError("neither lines nor areas")
    properties = given.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    return {
        "type": "Feature",
        "properties": {"name": name if isinstance(name, str) else ""},
        "geometry": {"type": kind, "coordinates": _nested(_of(geometry, "coordinates"), _RINGS[kind])},
    }


def _nested(given: Any, depth: int) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise ValueError("no list of positions")
    return [_nested(each, depth - 1) if depth > 1 else _position(each) for each in given]


def _position(given: Any) -> list[float]:
    """Longitude and latitude; a height is left out."""
    if not isinstance(given, list) or len(given) < 2:
        raise ValueError("no position")
    longitude, latitude = given[:2]
    if not (_is_within(longitude, 180) and _is_within(latitude, 90)):
        raise ValueError("no degrees")
    return [round(float(longitude), _DIGITS), round(float(latitude), _DIGITS)]


def _is_within(given: Any, most: int) -> bool:
    """Whether it is a number of this size at most; NaN, which Python reads as JSON, is not."""
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= most


def _of(given: Any, key: str) -> Any:
    if not isinstance(given, dict) or key not in given:
        raise ValueError(f"no {key}")
    return given[key]
