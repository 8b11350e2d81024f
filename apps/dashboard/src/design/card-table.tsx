import type { ReactNode } from 'react'

import styles from './design.module.css'
import { Scroll } from './layout.tsx'

export interface Column<Row> {
  readonly name: string
  readonly className?: string | undefined
  /** Whether its cells say whose row it is. */
  readonly isHead?: boolean
  readonly renderCell: (row: Row, index: number) => ReactNode
}

interface CardTableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row, index: number) => string | number
  readonly columns: readonly Column<Row>[]
  /** The last column: what can be done with a row. */
  readonly renderActions?: (row: Row) => ReactNode
}

/** A table whose rows are cards on a narrow screen, where each cell is under the name of its column. */
export function CardTable<Row>({ label, rows, keyOf, columns, renderActions }: CardTableProps<Row>) {
  return (
    <Scroll label={label}>
      <table className={styles.cards}>
        <thead>
          <tr>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            {renderActions !== undefined && (
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map(({ name, className, isHead = false, renderCell }) => {
                const Cell = isHead ? 'th' : 'td'
                return (
                  <Cell key={name} data-label={name} className={className} scope={isHead ? 'row' : undefined}>
                    {renderCell(row, index)}
                  </Cell>
                )
              })}
              {renderActions !== undefined && <td>{renderActions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
