/* global SwaggerUIBundle */

/** Swagger UI over `/openapi.json`, with what it lacks: a search, the reader's session, and answers without long waits. */

/** Shows whose session requests are sent with, and what it allows. */
async function showSession() {
  const place = document.getElementById('session')
  const answer = await fetch('/v1/session')
  if (answer.ok) {
    const { orgId, role, keyName } = await answer.json()
    const name = keyName === null ? '' : `, key “${keyName}”`
    place.textContent = `Requests are sent with your session: organization ${orgId}${name}, role ${role}.`
    return
  }
  const link = Object.assign(document.createElement('a'), { href: '/', textContent: 'Sign in on the dashboard' })
  place.replaceChildren('Not signed in. ', link, ' and come back, or give a key by Authorize, to try operations.')
}

/** Long tables stand folded: who comes here looks for an operation. */
function foldCodes(description) {
  const [start, ...sections] = description.split(/^## /m)
  const folded = sections.map((section) => {
    const [title, ...text] = section.split('\n')
    if (!title.startsWith('Codes ')) return `## ${section}`
    return `<details><summary>${title}</summary>\n\n${text.join('\n')}\n\n</details>\n\n`
  })
  return start + folded.join('')
}

/** The document as it is shown here: with the curl of each operation, for this very address, tried with session or key. */
function prepareForPage(spec) {
  // The address of this page, whatever PUBLIC_URL says: the policy allows no other, and the session is here.
  spec.servers = [{ url: location.origin }]
  // The browser sends the cookie by itself, and a field for it could do nothing.
  delete spec.components.securitySchemes.session
  spec.security = spec.security.filter((scheme) => !('session' in scheme))
  spec.info.description = foldCodes(spec.info.description)
  for (const item of Object.values(spec.paths)) {
    for (const operation of Object.values(item)) {
      const [example] = operation['x-codeSamples'] ?? []
      if (example === undefined) continue
      operation.description = `${operation.description ?? ''}\n\n\`\`\`sh\n${example.source}\n\`\`\``
      const form = operation.requestBody?.content['multipart/form-data']
      if (form !== undefined) form.schema = fillForm(resolve(spec, form.schema), operation['x-form-example'])
    }
  }
  return spec
}

/**
 * A form with the fields of the example filled in and all others empty: Swagger UI would send a made-up value in each. It also
 * takes a text with a content type for a file.
 */
function fillForm(schema, example) {
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    if (field.format === 'binary') return [name, field]
    const text = { ...field, example: example?.[name] ?? '' }
    delete text.contentMediaType
    delete text.contentSchema
    return [name, text]
  })
  return { ...schema, properties: Object.fromEntries(fields) }
}

/** The words of each operation, by method and path. */
function listWords({ paths }) {
  const entries = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, summary, description, tags, parameters }]) => {
      const names = parameters.map(({ name }) => name)
      return [`${method} ${path}`, [method, path, operationId, summary, description, ...tags, ...names].join(' ')]
    }),
  )
  return new Map(entries.map(([key, text]) => [key, text.toLowerCase()]))
}

/** Finds operations by any words of theirs; Swagger UI's own filter knows tags only. */
function createSearch(words) {
  const find = (phrase) => {
    const wanted = typeof phrase === 'string' ? phrase.toLowerCase().split(/\s+/) : []
    return [...words].filter(([, text]) => wanted.every((word) => text.includes(word))).map(([key]) => key)
  }
  return ({ React }) => ({
    fn: {
      opsFilter(taggedOperations, phrase) {
        const found = new Set(find(phrase))
        const keep = (entry) => found.has(`${entry.get('method')} ${entry.get('path')}`)
        return taggedOperations
          .map((tag) => tag.update('operations', (operations) => operations.filter(keep)))
          .filter((tag) => tag.get('operations').size > 0)
      },
    },
    wrapComponents: {
      // It would say that the document has no operations.
      operations: (Original) => (props) => {
        const none = find(props.layoutSelectors.currentFilter()).length === 0
        return none ? null : React.createElement(Original, props)
      },
    },
    components: {
      FilterContainer({ layoutSelectors, layoutActions }) {
        const phrase = layoutSelectors.currentFilter()
        const count = find(phrase).length
        return React.createElement(
          'div',
          { className: 'wrapper search' },
          React.createElement('input', {
            type: 'search',
            'aria-label': 'Search operations',
            placeholder: 'Search operations: rejected rows, webhook, errors.csv …',
            value: typeof phrase === 'string' ? phrase : '',
            onChange: ({ target }) => layoutActions.updateFilter(target.value === '' ? true : target.value),
          }),
          React.createElement('p', { role: 'status' }, `${count} of ${words.size} operations`),
        )
      },
    },
  })
}

/**
 * Follows the references of a part of the document. Swagger UI's own way reads the whole document anew for each part, which
 * stops a slow machine for seconds whenever an operation is opened. Ours refers to itself alone, and without circles.
 */
function resolve(spec, part) {
  if (Array.isArray(part)) return part.map((element) => resolve(spec, element))
  if (part === null || typeof part !== 'object') return part
  if (typeof part.$ref === 'string') {
    const names = part.$ref.split('/').slice(1)
    const target = names.reduce((value, name) => value[name], spec)
    return { title: names.at(-1), ...resolve(spec, target) }
  }
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolve(spec, value)]))
}

/** Leaves fields out that are empty: Swagger UI would send them, unless a box beside each is cleared. */
const leaveEmptyFieldsOut = ({ React }) => ({
  components: {
    ParameterIncludeEmpty: class extends React.Component {
      componentDidMount() {
        if (this.props.isIncludedOptions.shouldDispatchInit) this.props.onChange(false)
      }

      render() {
        return null
      }
    },
  },
})

/** The original document: what Swagger UI gives is resolved in parts already. */
const createResolver = (spec) => () => ({
  fn: {
    async resolveSubtree(_document, path) {
      return {
        errors: [],
        spec: resolve(
          spec,
          path.reduce((value, name) => value?.[name], spec),
        ),
      }
    },
  },
})

async function showDocument() {
  const answer = await fetch('/openapi.json')
  if (!answer.ok) throw new Error(`/openapi.json answered ${answer.status}`)
  const original = await answer.json()
  const words = listWords(original)
  const spec = prepareForPage(original)
  SwaggerUIBundle({
    spec,
    dom_id: '#api',
    plugins: [createSearch(words), createResolver(spec), leaveEmptyFieldsOut],
    deepLinking: true,
    filter: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    // Nothing is asked of another host.
    validatorUrl: null,
  })
}

const showFailure = (id, what) => (error) => {
  const text = `${what}: ${error.message}. Is the importer running? Load the page again.`
  document.getElementById(id).textContent = text
}
await Promise.all([
  showSession().catch(showFailure('session', 'The session cannot be read')),
  showDocument().catch(showFailure('api', 'The document cannot be shown')),
])
