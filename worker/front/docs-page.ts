// The page that shows the OpenAPI document to people: plain HTML, no script.

import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Schema } from './json-schema.ts';
import type { OpenApiDocument, OpenApiOperation } from './openapi.ts';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d8dce2, #3a3f47); --soft: light-dark(#f4f6f8, #1d2025); --link: light-dark(#0b62d0, #6ab0ff) }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1rem }
  a { color: var(--link) } code, pre { font: .85em/1.5 ui-monospace, monospace; background: var(--soft); border-radius: 4px; padding: .1em .3em }
  pre { padding: .8em 1em; overflow-x: auto } section { border-top: 1px solid var(--line); padding: .5rem 0 1rem }
  h3 { margin-bottom: .2rem } h3 code { font-size: .9em } .verb { font-weight: 700; display: inline-block; min-width: 4.5em }
  table { border-collapse: collapse; width: 100%; font-size: .9em } td { border-top: 1px solid var(--line); padding: .3em .5em .3em 0; vertical-align: top }`;

export function docsPage(document: OpenApiDocument): Html {
  const server = document.servers[0]!.url;
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ path, method: method.toUpperCase(), one })),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Kubarium API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>Kubarium API</h1>
        <p>${document.info.description}</p>
        <p>
          Everything is below <code>${server}</code>. The same as a document: <a href="/api/v1/openapi.json">openapi.json</a>. A cluster in
          one line:
        </p>
        <pre>
curl -sX POST ${server}/sandboxes -H 'accept: application/yaml' &gt; kubeconfig
kubectl --kubeconfig kubeconfig get nodes</pre>
        ${document.tags.map(
          ({ name }) =>
            html`<h2>${name}</h2>
              ${all.filter(({ one }) => one.tags.includes(name)).map(({ path, method, one }) => section(server, path, method, one))}`,
        )}
      </body>
    </html>`;
}

function section(server: string, path: string, method: string, one: OpenApiOperation): Html {
  const body = one.requestBody?.content['application/json']?.schema;
  return html`<section id="${one.operationId}">
    <h3>${one.summary}</h3>
    <p>
      <code><span class="verb">${method}</span> ${path}</code>
    </p>
    ${one.description && html`<p>${one.description}</p>`}
    ${
      one.parameters &&
      html`<table>
        ${one.parameters.map(({ name, description }) => row(name, 'in the path', description))}
      </table>`
    }
    ${
      body &&
      'properties' in body &&
      html`<table>
        ${Object.entries(body.properties).map(([name, schema]) => row(name, typeOf(schema), 'description' in schema ? schema.description : ''))}
      </table>`
    }
    <pre>${example(server, path, method, one, body)}</pre>
    <table>
      ${Object.entries(one.responses).map(([code, { description, content }]) => row(code, Object.keys(content ?? {}).join(', '), description))}
    </table>
  </section>`;
}

const row = (name: string, kind: string, text: string | undefined): Html =>
  html`<tr>
    <td><code>${name}</code></td>
    <td>${kind}</td>
    <td>${text}</td>
  </tr>`;

function typeOf(schema: Schema): string {
  if ('$ref' in schema) return schema.$ref.split('/').at(-1)!;
  if ('anyOf' in schema) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'string' && schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' or ');
  return schema.type;
}

function example(server: string, path: string, method: string, one: OpenApiOperation, body: Schema | undefined): string {
  const needsToken = one.security.length > 0 && !one.security.some((way) => !Object.keys(way).length);
  const fields = body && 'properties' in body ? Object.entries(body.properties) : [];
  const examples = fields.flatMap(([name, schema]) => ('example' in schema ? [[name, schema.example]] : []));
  return [
    'curl -s',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    `${server}${path}`,
    ...(needsToken ? [`-H "authorization: Bearer $TOKEN"`] : []),
    ...(examples.length ? [`-d '${JSON.stringify(Object.fromEntries(examples))}'`] : []),
  ].join(' ');
}
