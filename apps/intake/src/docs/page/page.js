// Shows /openapi.json. Everything is put in as text, never as markup.
const METHODS = ['get', 'post', 'put', 'patch', 'delete']

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function describeType(schema) {
  if (schema === undefined) return ''
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)
  if (schema.enum !== undefined) return schema.enum.join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (union !== undefined) return union.map(describeType).join(' | ')
  if (schema.type === 'array') return `${describeType(schema.items)}[]`
  const bounds = [schema.minimum, schema.maximum].some((bound) => bound !== undefined)
  const range = bounds ? ` ${schema.minimum ?? ''}…${schema.maximum ?? ''}` : ''
  const fallback = schema.default === undefined ? '' : `, default ${JSON.stringify(schema.default)}`
  return `${schema.format ?? schema.type ?? 'any'}${range}${fallback}`
}

function makeTable(heads, rows) {
  if (rows.length === 0) return ''
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', {}, head)))),
    make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...cells.map((cell) => make('td', {}, cell))))),
  )
}

function makeLink(schema) {
  const name = describeType(schema)
  return schema?.$ref === undefined ? name : make('a', { href: `#schema-${name}` }, name)
}

function showFields(schema) {
  const required = schema.required ?? []
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    make('code', {}, name),
    makeLink(field),
    required.includes(name) ? 'required' : '',
    field.description ?? '',
  ])
  return makeTable(['Field', 'Type', '', ''], rows)
}

function showOperation(path, method, operation) {
  const parameters = operation.parameters.map(({ name, in: place, required, description, schema }) => [
    make('code', {}, name),
    `${place}${required ? ', required' : ''}`,
    describeType(schema),
    description ?? '',
  ])
  const body = Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) =>
    make('p', {}, 'Body: ', make('code', {}, type), ' ', makeLink(schema)),
  )
  const answers = Object.entries(operation.responses).map(([status, { description, content = {} }]) => {
    const [[type, media] = ['', {}]] = Object.entries(content)
    return [make('code', {}, status), type, makeLink(media.schema), description]
  })
  return make(
    'article',
    { id: operation.operationId },
    make('h3', {}, make('span', { class: 'method' }, method.toUpperCase()), make('code', {}, path)),
    make('p', {}, make('strong', {}, operation.summary)),
    make('p', {}, operation.description),
    makeTable(['Parameter', 'In', 'Type', ''], parameters),
    ...body,
    makeTable(['Status', 'Body', '', ''], answers),
    ...operation['x-codeSamples'].map(({ source }) => make('pre', {}, make('code', {}, source))),
  )
}

function listOperations(api) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({ path, method, operation: item[method] })),
  )
}

async function show() {
  const api = await (await fetch('/openapi.json')).json()
  const operations = listOperations(api)
  const contents = document.getElementById('contents')
  const main = document.getElementById('document')
  main.replaceChildren(
    make('h1', {}, api.info.title),
    ...api.info.description.split('\n\n').map((text) => make('p', {}, text)),
  )
  for (const { name, description } of api.tags) {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    contents.append(make('h4', {}, name))
    contents.append(...own.map(({ operation }) => make('a', { href: `#${operation.operationId}` }, operation.summary)))
    main.append(make('h2', { id: name }, name), make('p', {}, description))
    main.append(...own.map(({ path, method, operation }) => showOperation(path, method, operation)))
  }
  main.append(make('h2', { id: 'schemas' }, 'schemas'))
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const content = showFields(schema) || make('pre', {}, JSON.stringify(schema, null, 2))
    main.append(make('article', { id: `schema-${name}` }, make('h3', {}, make('code', {}, name)), content))
  }
}

show().catch((error) => {
  document.getElementById('document').append(make('pre', {}, String(error)))
})
