/** A sentence of the importer's own, in which names of options stand between backticks. */
export function Advice({ text }: { readonly text: string }) {
  return (
    <>
      {text.split('`').map((part, index) => (
        <span key={`${index}/${part}`}>{index % 2 === 1 ? <code>{part}</code> : part}</span>
      ))}
    </>
  )
}
