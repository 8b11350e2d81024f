/** What answers look like in the document, of the operations that explain. */

const advice = {
  message: 'couponCode SPRNG-1 is no coupon of this organization',
  cause: 'The code is misspelt, or its coupon has not been loaded yet.',
  remedy: 'Correct the code, or load the coupon, and retry the rejected rows.',
}

export const rowExplanation = {
  rowNumber: 17,
  line: 18,
  outcome: 'rejected',
  raw: '1603263535000,17,919999999999,SPRNG-1',
  cells: [
    {
      position: 0,
      name: 'date',
      key: 'redeemedDateInMillis',
      value: '1603263535000',
      read: '2020-10-21T06:58:55.000Z',
    },
    { position: 1, name: 'till', key: 'redeemedAt', value: '17', read: '17' },
    { position: 2, name: 'phone', key: 'mobile', value: '919999999999', read: '919999999999' },
    { position: 3, name: 'coupon', key: 'couponCode', value: 'SPRNG-1', read: 'SPRNG-1' },
  ],
  errors: [{ code: 'COUPON_NOT_FOUND', number: 719, column: 'couponCode', value: 'SPRNG-1', ...advice }],
  context: { redemptions: [], series: null, coupon: null },
}

export const errorGroups = {
  items: [
    {
      code: 'COUPON_NOT_FOUND',
      column: 'couponCode',
      value: null,
      rows: 300,
      firstRows: [17, 40, 41, 99, 120],
      ...advice,
    },
  ],
  exact: true,
}

const AT = '2026-11-24T09:00:00.000Z'
export const timeline = {
  items: [{ at: AT, kind: 'uploaded', actor: { type: 'key', name: 'poller' }, detail: {} }],
  nextCursor: null,
}
export const auditEvents = {
  items: [{ at: AT, kind: 'key.created', actor: { type: 'key', name: 'poller' }, detail: { keyId: 2 } }],
  nextCursor: null,
}
export const seriesList = {
  items: [
    {
      id: 953234,
      name: 'Spring',
      maxRedemptionsPerCoupon: 1,
      validFrom: '2026-03-01T00:00:00.000Z',
      validTill: null,
    },
  ],
  nextCursor: null,
}
