import { runningImport } from './examples.ts'

/** What answers look like that are no JSON: those of docs/examples/redemptions.csv. */

const HEADER = 'Redeemed on,Till,Mobile,Coupon,Bill,Bill number,Details,rowNumber,line'

export const ERRORS_CSV = `${HEADER},errorCode,errorNumber,errorMessage
1603263710000,17,'+49 151 9876543,SPRING-1,9005,B-9005,too late,5,6,COUPON_ALREADY_REDEEMED,711,"the coupon with couponCode ""SPRING-1"" is already redeemed, expected one that is not"
`

/** As all other outcomes are. */
export const ROWS_CSV = `${HEADER}
1603263535000,17,'+49 151 2345678,SPRING-1,9001,B-9001,,1,2
`

export const EVENTS = `id: 3
event: progress
data: ${JSON.stringify(runningImport)}

id: 4
event: end
data: {}
`

export const METRICS = `# HELP redemptions_uploads_total Uploads accepted
# TYPE redemptions_uploads_total counter
redemptions_uploads_total 12
`

/** A body of reference data, of the kind that stands in the path of the example. */
export const TILLS_CSV = 'id,name\n17,Main Street\n'
