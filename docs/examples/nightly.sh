#!/bin/sh
# Imports every CSV file of a folder. For cron, which mails what is printed: nothing when all is well.
#
#   15 2 * * *  /opt/redemptions/docs/examples/nightly.sh /var/spool/tills 953234
#
# A file that is imported moves to done/, with its rejected rows beside it if there are any. One that is not stays where it is
# for the next night; to import it twice would do no harm. Exits with the worst code of all files.
set -u
folder=$1
series=$2
worst=0
mkdir -p "$folder/done"

for file in "$folder"/*.csv; do
  [ -e "$file" ] || continue
  name=$(basename "$file" .csv)
  result=$(redemptions import "$file" --series "$series" --quiet \
    --customer mobile=Mobile --coupon code=Coupon --column date="Redeemed on" --column till=Till \
    --wait 2h --errors "$folder/done/$name.rejected")
  code=$?
  case $code in
    0) rm -f "$folder/done/$name.rejected" && mv "$file" "$folder/done/" ;;
    1) mv "$file" "$folder/done/" && printf '%s\nRejected rows: %s\n\n' "$result" "$folder/done/$name.rejected" ;;
    *) printf '%s was not imported (exit code %s).\n%s\n\n' "$file" "$code" "$result" ;;
  esac
  [ "$code" -gt "$worst" ] && worst=$code
done
exit "$worst"
