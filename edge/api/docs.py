"""The page at /api/docs: the OpenAPI description as plain HTML of our own, so that it opens where there is no internet.

FastAPI's own page loads Swagger from a CDN. This one needs no script at all.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "delete")


def install(app: FastAPI, stylesheet: str) -> None:
    """Add the page to `app`."""

    async def docs() -> HTMLResponse:
        return HTMLResponse(render(app.openapi(), stylesheet), headers={"Cache-Control": "no-cache"})

    app.add_api_route("/api/docs", docs, methods=["GET"], include_in_schema=False)


def render(spec: Json, stylesheet: str) -> str:
    """The whole page."""
    schemas: Json = spec.get("components", {}).get("schemas", {})
    parts: list[str] = []
    contents: list[str] = []
    for path, methods in spec["paths"].items():
        for method in _METHODS:
            if method in methods:
                anchor = methods[method]["operationId"]
                name = f"<b class='{method}'>{method.upper()}</b> <code>{escape(path)}</code>"
                contents.append(f"<li><a href='#{anchor}'>{name}</a></li>")
                parts.append(f"<section id='{anchor}'><h2>{name}</h2>{_operation(methods[method], schemas)}</section>")
    shapes = "".join(
        f"<section id='schema-{n}'><h3>{n}</h3>{_schema(s, schemas)}</section>" for n, s in sorted(schemas.items())
    )
    title = f"{escape(spec['info']['title'])} {escape(spec['info']['version'])}"
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><link rel='stylesheet' href='{stylesheet}'><body class='docs'><main><h1>{title}</h1>"
        f"<p>{escape(spec['info'].get('description', ''))}</p><p><a href='/api/v1/openapi.json'>openapi.json</a></p>"
        f"<nav><ul>{''.join(contents)}</ul></nav>{''.join(parts)}<h2>Schemas</h2>{shapes}</main></body></html>"
    )


def _operation(operation: Json, schemas: Json) -> str:
    out = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("security"):
        out.append("<p class='note'>Needs a session (POST /api/v1/session).</p>")
    rows = [
        f"<tr><td><code>{escape(p['name'])}</code>{' *' if p.get('required') else ''}</td><td>{p['in']}</td>"
        f"<td>{_type(p.get('schema', {}))}</td><td>{escape(p.get('description', ''))}</td></tr>"
        for p in operation.get("parameters", [])
        if p["in"] != "cookie"
    ]
    if rows:
        out.append(
            f"<table><thead><tr><th>name</th><th>in</th><th>type</th><th></th></tr></thead>{''.join(rows)}</table>"
        )
    request = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if request:
        out.append(f"<h4>Request: {_type(request)}</h4>{_example(request, schemas)}")
    for status, answer in sorted(operation["responses"].items()):
        for kind, content in answer.get("content", {"": {}}).items():
            shape = content.get("schema", {})
            named = _type(shape) if kind == "application/json" else escape(kind)
            out.append(f"<h4>{status} {escape(answer.get('description', ''))} {named}</h4>{_example(shape, schemas)}")
    return "".join(out)


def _schema(schema: Json, schemas: Json) -> str:
    needed = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in needed else ''}</td><td>{_type(value)}</td>"
        f"<td>{escape(value.get('description', ''))}</td></tr>"
        for name, value in schema.get("properties", {}).items()
    )
    return f"<p>{escape(schema.get('description', ''))}</p><table>{rows}</table>"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#schema-{name}'>{name}</a>"
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(escape(json.dumps(value)) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return escape(str(schema.get("const", schema.get("type", "any"))))


def _example(schema: Json, schemas: Json) -> str:
    """An example, made from the examples of the fields where the whole has none."""
    value = _sample(schema, schemas)
    return (
        f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"
        if isinstance(value, dict) and value
        else ""
    )


def _sample(schema: Json, schemas: Json) -> Any:
    if "$ref" in schema:
        schema = schemas.get(schema["$ref"].rpartition("/")[2], {})
    if schema.get("examples"):
        return schema["examples"][0]
    fields = {name: _sample(value, schemas) for name, value in schema.get("properties", {}).items()}
    return {name: value for name, value in fields.items() if value is not None} or None
