/* global SwaggerUIBundle */

/** What Swagger UI is told: the document, with the example of each operation where a person reads it, and a search. */

const answer = await fetch('/openapi.json')
const spec = await answer.json()
for (const item of Object.values(spec.paths)) {
  for (const operation of Object.values(item)) {
    const [example] = operation['x-codeSamples'] ?? []
    if (example === undefined) continue
    operation.description = `${operation.description ?? ''}\n\n\`\`\`sh\n${example.source}\n\`\`\``
  }
}

/** Finds operations by any word of them; Swagger UI's own filter knows tags and paths only. */
const search = ({ React }) => ({
  fn: {
    opsFilter: (taggedOperations, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/)
      return taggedOperations
        .map((tag, name) =>
          tag.update('operations', (operations) =>
            operations.filter((entry) => {
              const text = [name, entry.get('method'), entry.get('path'), JSON.stringify(entry.get('operation'))]
              const found = text.join(' ').toLowerCase()
              return words.every((word) => found.includes(word))
            }),
          ),
        )
        .filter((tag) => tag.get('operations').size > 0)
    },
  },
  components: {
    FilterContainer: ({ layoutSelectors, layoutActions }) => {
      const phrase = layoutSelectors.currentFilter()
      return React.createElement(
        'div',
        { className: 'wrapper search' },
        React.createElement('input', {
          type: 'search',
          'aria-label': 'Search operations',
          placeholder: 'Search operations',
          value: typeof phrase === 'string' ? phrase : '',
          onChange: ({ target }) => layoutActions.updateFilter(target.value === '' ? true : target.value),
        }),
      )
    },
  },
})

SwaggerUIBundle({
  spec,
  dom_id: '#api',
  plugins: [search],
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Nothing is asked of another host.
  validatorUrl: null,
})
