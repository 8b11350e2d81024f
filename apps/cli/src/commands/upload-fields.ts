import { COUPON_IDENTIFIERS, CUSTOMER_IDENTIFIERS, OPERATIONS, COLUMN_KEYS, type ColumnKey } from '@importer/contracts'
import { Option, type Command } from 'commander'
import { closest } from 'fastest-levenshtein'

import { CliError } from '../framework/cli-error.ts'
import { findColumnKey } from '../framework/column-names.ts'
import { collect } from '../framework/read-options.ts'

/** How the columns of a file are named on the command line; the API's own fields are options by their names. */
export interface ColumnOptions {
  readonly customer?: string
  readonly coupon?: string
  readonly column?: readonly string[]
}

type Columns = Partial<Record<ColumnKey, number | string | string[]>>

const FORM = OPERATIONS.createImport.body.schema
/** Those of the form that are options under the same name; the file is the argument. */
const FIELDS = Object.entries(FORM.shape).filter(([name]) => name !== 'file')
const COUPON_NAMES: Readonly<Record<string, ColumnKey>> = { id: 'couponId', code: 'couponCode' }

/** Adds the columns, and in kebab case every field of an upload, or those that are named. */
export function addUploadOptions(command: Command, names: readonly string[] = Object.keys(FORM.shape)): Command {
  command
    .option(
      '--customer <key=column>',
      'how the file names customers: mobile=2 (a position from 0) or mobile=Phone (in the header)',
    )
    .option('--coupon <key=column>', 'how the file names coupons: code=3, code=Coupon, id=0 …')
    .option(
      '--column <key=column>',
      'another column, such as date=0 or till="Shop"; again with another name: one of them is there',
      collect,
    )
  for (const [name, schema] of FIELDS.filter(([field]) => names.includes(field))) {
    const { description = '' } = schema.meta() ?? {}
    // Yes or no: there is nothing else to say.
    const flags = name === 'dryRun' ? '--dry-run' : `--${toKebabCase(name)} <value>`
    command.addOption(new Option(flags, toHelpText(description)))
  }
  return command
}

/** The form's fields from the options. Throws a CliError. */
export function readUploadFields(options: ColumnOptions & Readonly<Record<string, unknown>>): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name] of FIELDS) {
    const value = options[name]
    if (value === true || typeof value === 'string') fields[name] = String(value)
  }
  const columns = readColumns(options, fields)
  if (Object.keys(columns).length > 0) {
    if (fields['uploadHeaders'] !== undefined) {
      throw new CliError(
        '--upload-headers comes with --customer, --coupon or --column; expected one way to name columns',
      )
    }
    fields['uploadHeaders'] = JSON.stringify(columns)
  }
  return fields
}

function readColumns({ customer, coupon, column = [] }: ColumnOptions, fields: Record<string, string>): Columns {
  const columns: Columns = {}
  if (customer !== undefined) {
    const [key, position] = readPair('--customer', customer, findColumnKey)
    const identifier = nameOf(CUSTOMER_IDENTIFIERS, key)
    if (identifier === undefined) {
      throw new CliError(`--customer ${customer} names no customer; expected mobile, email, external-id or user-id`)
    }
    fields['customerIdentifier'] ??= identifier
    columns[key] = position
  }
  if (coupon !== undefined) {
    const [key, position] = readPair(
      '--coupon',
      coupon,
      (name) => COUPON_NAMES[name.toLowerCase()] ?? findColumnKey(name),
    )
    const identifier = nameOf(COUPON_IDENTIFIERS, key)
    if (identifier === undefined) throw new CliError(`--coupon ${coupon} names no coupon; expected code or id`)
    fields['couponIdentifier'] ??= identifier
    columns[key] = position
  }
  for (const pair of column) {
    const [key, position] = readPair('--column', pair, findColumnKey)
    columns[key] = addPosition(columns[key], position, pair)
  }
  return columns
}

/** A key that is named again has another name of which one is in the header. */
function addPosition(before: Columns[ColumnKey], position: number | string, pair: string): number | string | string[] {
  if (before === undefined) return position
  if (typeof before === 'number' || typeof position === 'number') {
    throw new CliError(
      `--column ${pair} names a column again; expected a position once, or names of which one is there`,
    )
  }
  return [...(Array.isArray(before) ? before : [before]), position]
}

function readPair(
  option: string,
  pair: string,
  findKey: (name: string) => ColumnKey | null,
): [key: ColumnKey, position: number | string] {
  const end = pair.indexOf('=')
  const name = pair.slice(0, end === -1 ? undefined : end)
  const position = end === -1 ? '' : pair.slice(end + 1)
  const key = findKey(name)
  if (key === null) {
    throw new CliError(
      `${option} ${pair}: there is no column key ${name}; did you mean ${closest(name, [...COLUMN_KEYS])}?`,
    )
  }
  if (position === '')
    throw new CliError(`${option} ${pair} names no column; expected ${name}=2 or ${name}="Name in the header"`)
  return [key, /^\d+$/.test(position) ? Number(position) : position]
}

function nameOf(identifiers: Readonly<Record<string, ColumnKey>>, key: ColumnKey): string | undefined {
  return Object.keys(identifiers).find((name) => identifiers[name] === key)
}

function toKebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** As options are described here: without a capital, and without Markdown. */
function toHelpText(description: string): string {
  const plain = description.replaceAll('`', '')
  return /^[A-Z][a-z ]/.test(plain) ? plain.charAt(0).toLowerCase() + plain.slice(1) : plain
}
