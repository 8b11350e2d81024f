-- Codes compare in Unicode form NFC and without characters that cannot be seen, mobiles by their digits whatever stands
-- between them (packages/contracts/src/identifiers.ts). What is stored is brought into that form.
--
-- Two of one organization may have been different only by what no longer counts. Then the one that is already in the new
-- form keeps it, else the one with the lowest id; the other stays as it was, to be found by its id. Each table is read
-- once, and only rows with unusual characters are written.

CREATE FUNCTION unseen_characters() RETURNS text IMMUTABLE LANGUAGE sql RETURN
  '[\u0001-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000E0000-\U000E0FFF]';

WITH changed AS (
  SELECT c.org_id, c.id, c.series_id, k.code_key,
         row_number() OVER (PARTITION BY c.org_id, c.series_id, k.code_key ORDER BY c.id) AS place
  FROM coupon c
  CROSS JOIN LATERAL (SELECT normalize(regexp_replace(c.code_key, unseen_characters(), '', 'g'), NFC) AS code_key) k
  WHERE c.code_key COLLATE "C" ~ '[^\x20-\x7e]' AND k.code_key <> c.code_key AND k.code_key <> ''
)
UPDATE coupon c SET code_key = n.code_key
FROM changed n
WHERE n.place = 1 AND c.org_id = n.org_id AND c.id = n.id
  AND NOT EXISTS (
    SELECT FROM coupon o
    WHERE o.code_key = n.code_key AND o.org_id = n.org_id AND o.series_id = n.series_id
  );

WITH changed AS (
  SELECT c.org_id, c.id, k.mobile, row_number() OVER (PARTITION BY c.org_id, k.mobile ORDER BY c.id) AS place
  FROM customer c
  CROSS JOIN LATERAL (
    SELECT regexp_replace(
             regexp_replace(c.mobile, '[\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\-\u2010-\u2015\u2212./\uff0e\uff0f()\[\]{}]|' || unseen_characters(), '', 'g'),
             '^(?:\+|00)', '') AS mobile
  ) k
  WHERE c.mobile COLLATE "C" ~ '[^0-9]' AND k.mobile <> c.mobile AND k.mobile <> ''
)
UPDATE customer c SET mobile = n.mobile
FROM changed n
WHERE n.place = 1 AND c.org_id = n.org_id AND c.id = n.id
  AND NOT EXISTS (SELECT FROM customer o WHERE o.mobile = n.mobile AND o.org_id = n.org_id);

DROP FUNCTION unseen_characters();
