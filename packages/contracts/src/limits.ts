/** The largest number that PostgreSQL's `integer` holds: of rows and of ids of our own. */
export const MAX_INT4 = 2_147_483_647
