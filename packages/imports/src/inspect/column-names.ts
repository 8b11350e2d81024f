import type { ColumnKey } from '@importer/contracts'

/**
 * How tills, shops and loyalty programmes head these columns, in the languages and habits that their exports have:
 * words in lower case without accents, joined without blanks. The longer spelling is the surer one.
 */
const SPELLINGS: Readonly<Record<ColumnKey, readonly string[]>> = {
  userId: words(`userid user customerid custid memberid member clientid kundennummer kundennr kundenid kunde
    mitgliedsnummer idclient numeroclient noclient idcliente numerocliente codigocliente klantnummer klantid idklienta
    musterino musteriid kundid kundnummer asiakasnumero capillaryid crmid`),
  mobile:
    words(`mobile mobilenumber mobileno mobilephone cell cellphone cellnumber phone phonenumber phoneno telephone tel
    msisdn contactnumber contactno handy handynummer mobilnummer mobiltelefon telefon telefonnummer rufnummer portable
    numeroportable telephonemobile numerotelephone movil telefonomovil telefono celular cellulare numerocellulare
    telemovel telefone mobiel mobielnummer telefoonnummer komorka telefonkomorkowy numertelefonu ceptelefonu gsm whatsapp`),
  email: words(`email emailaddress emailid mail mailaddress emailadresse mailadresse adresseemail courriel adressemail
    correo correoelectronico direccionemail indirizzoemail posta enderecoemail emailadres adresemail eposta
    epost sahkoposti`),
  externalId:
    words(`externalid extid externalcustomerid externalreference loyaltyid loyaltynumber loyaltycard cardnumber
    cardno membershipnumber membershipid kartennummer kundenkarte kundenkartennummer externeid externekundennummer
    numerocarte cartefidelite idexterno numerotarjeta tarjeta numerotessera tessera cartaofidelidade klantenkaart
    kaartnummer numerkarty kartno`),
  couponId: words(`couponid couponnumericid voucherid gutscheinid idcoupon idbon idcupon idcupom idbuono kuponid bonusid
    promotioncouponid`),
  couponCode: words(`couponcode coupon code couponno couponnumber vouchercode voucher voucherno vouchernumber promocode
    promotioncode discountcode gutscheincode gutschein gutscheinnummer gutscheinnr rabattcode aktionscode codecoupon codebon
    codepromo codereduction bondereduction codigocupon cupon codigopromocional codigocupom cupom codicecoupon codicebuono
    buono kortingscode couponnummer vouchernummer kodkuponu kupon kodrabatowy kuponkodu giftcode offercode serialcode`),
  redeemedDateInMillis: words(`redeemeddateinmillis redeemeddate redeemedon redemptiondate redemptiontime redeemedtime
    redeemedattime dateredeemed date datetime timestamp time transactiondate transactiontime txndate txntime billdate
    purchasedate usedon usedat useddate createdat einlosedatum eingelostam einloesedatum eingeloestam datum zeitpunkt
    zeitstempel uhrzeit belegdatum kaufdatum transaktionsdatum dateutilisation dateheure dateachat horodatage fecha
    fechahora fechacanje fechauso fechacompra data dataora dataeora datautilizzo dataacquisto datahora dataresgate
    datauso inwisseldatum tijdstip datumtijd aankoopdatum datarealizacji datazakupu tarih islemtarihi pvm paivamaara`),
  redeemedAt: words(`redeemedat till tillid tillno tillnumber tillcode store storeid storecode storeno storenumber shop
    shopid outlet outletid outletcode pos posid terminal terminalid register registerid branch branchid branchcode location
    locationid redeemedattill redeemedatstore zone concept kasse kassennummer kassennr kassenid kassenplatz filiale
    filialnummer filialnr markt marktnummer caisse numerocaisse magasin codemagasin boutique caja tienda codigotienda
    sucursal cassa negozio puntovendita codicenegozio caixa loja codigoloja kassa kassanummer winkel filiaal kasa
    numerkasy sklep magaza subekodu`),
  billId:
    words(`billid transactionid txnid receiptid invoiceid orderid saleid belegid bonid rechnungsid bestellid idticket
    idfacture idtransaction idcommande idtransaccion idfactura idpedido idscontrino idordine idvenda bonnummerid
    idparagonu`),
  billNumber:
    words(`billnumber billno bill receiptnumber receiptno receipt invoicenumber invoiceno invoice ordernumber orderno
    transactionnumber transactionno ticketnumber ticketno belegnummer belegnr beleg bonnummer bonnr kassenbon
    rechnungsnummer rechnungsnr rechnung numeroticket ticket numerofacture facture numerofactura factura numerorecibo
    recibo numeroscontrino scontrino numerofattura numerocupom notafiscal bonnummer kassabon factuurnummer numerparagonu
    paragon numerfaktury fisno faturano`),
  details: words(`details detail notes note remark remarks comment comments description memo info bemerkung bemerkungen
    notiz notizen hinweis kommentar beschreibung remarque remarques commentaire commentaires observaciones comentario
    comentarios notas nota notes osservazioni commento observacao observacoes opmerking opmerkingen toelichting uwagi
    aciklama`),
}

const KEY_BY_SPELLING = new Map<string, ColumnKey>(
  (Object.entries(SPELLINGS) as [ColumnKey, readonly string[]][]).flatMap(([key, spellings]) =>
    spellings.map((spelling): [string, ColumnKey] => [spelling, key]),
  ),
)

/** What an export puts around a name without changing what it names. */
const AROUND = /^(?:the|customer|kunden?|client|cliente|capillary)(?=.{3})|(?:value|field|column|text|str)$/
/** Words between words, in the same languages, and the signs for "number" that leave a name as it is. */
const BETWEEN = /\b(?:the|of|de|du|des|la|le|les|del|della|do|da|der|die|das|van|het|n|no|nr|num|d|l)\b/g

/** The key that a header's name means for sure; null for a name that is none of the spellings. */
export function keyOfName(name: string): ColumnKey | null {
  const spelled = foldName(name)
  const candidates = [spelled, spelled.replace(AROUND, ''), foldName(spellOut(name).replaceAll(BETWEEN, ' '))]
  for (const candidate of candidates) {
    const key = KEY_BY_SPELLING.get(candidate)
    if (key !== undefined) return key
  }
  return null
}

/** A name without case, accents, blanks, punctuation and what cannot be seen. */
function foldName(name: string): string {
  return spellOut(name).replaceAll(' ', '')
}

/** The words of a name, without case and accents. */
function spellOut(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

function words(text: string): string[] {
  return text.trim().split(/\s+/).map(foldName)
}
