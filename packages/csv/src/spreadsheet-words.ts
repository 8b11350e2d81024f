/**
 * Words by which spreadsheets take a text for a date, an amount or a truth, in the languages that they speak: as Unicode
 * CLDR has them. Kept here rather than asked of Intl: the same file must be read alike by every version of Node. In lower
 * case, without accents and other marks; of names of which one begins as another, the longer.
 */
const list = (words: string): readonly string[] => words.trim().split(/\s+/)

export const MONTHS = list(`
  abendua abril abuztua agosto agustos agustus aibrean aout apirila aprel aprila aprile aprilie aprilis
  aprill aralık augusta augusti augusts augustus augusztus avgust avqust avril azaroa balandis balandzio
  bealtaine birzelio birzelis brezen brezna cervence cervenec cervna cvc cvn czerwca czerwiec december
  decembra decembre decembrie decembris decembro deireadh dekabr desember desembre detsember dezember
  dezembro dfomh dhjetor dicembre diciembre disember duben dubna eanair ekaina ekim elokuuta enero eylul
  feabhra febbraio febreiro febrero februara februarie februaris february fevereiro fevral fevrier fomhair
  geguzes gener gennaio giugno grudnia grudzien gruodis gruodzio gusht haziran heinakuuta helmikuuta
  huhtikuuta ianuarie iraila iuil iulie iunie iyl iyn iyul iyun jaanuar janar janeiro januara januari
  january janvaris janvier joulukuuta juillet juin julai julho julijs juliol julius july juna june junho
  junijs junio junius juny juuli juuni kasım kesakuuta kolovoza korrik kovas kovo kveten kvetna kwiecien
  kwietnia lapkricio lapkritis leden ledna liepa liepos lipanj lipca lipiec lipnja listopada listopadu
  lokakuuta luglio lunasa lutego luty maaliskuuta maart mac maggio maiatza maig maijs maio maja majus
  marca march marcius marco marec maret marraskuuta mars marta martie marts martxoa marzec marzo mayo
  mayıs mean meitheamh mfomh mrt nentor nisan noiembrie nollaig november novembra novembre novembris
  novembro noviembre noyabr ocak october octobre octombrie octubre ogos oktober oktobra oktobris oktoober
  oktyabr otsaila ottobre outubro ozujak ozujka pazdziernika prill prosinac prosinca prosince prosinec
  qershor rijen rijna rugpjucio rugpjutis rugsejis rugsejo rujan rujna samhain sausio sausis sentyabr
  september septembra septembre septembrie septembris septiembre setembre setembro settembre shkurt
  shtator sierpien sierpnia sijecanj sijecnja spalio spalis srpanj srpen srpna srpnja studeni studenoga
  styczen stycznia subat svibanj svibnja syyskuuta szeptember tammikuuta temmuz tetor thang thg toukokuuta
  travanj travnja unora urria urtarrila uztaila vasario vasaris veebruar veljaca veljace wrzesien wrzesnia
  xaneiro xullo xuno yanvar zari απριλιου αυγουστου δεκεμβριου ιανουαριου ιουλιου ιουνιου μαιου μαρτιου
  νοεμβριου οκτωβριου σεπτεμβριου φεβρουαριου августа апрель апреля април ақпан березень березня вересень
  вересня грудень грудня декабрь декабря декември децембар желтоқсан жовтень жовтня июль июля июнь июня
  квітень квітня липень липня листопада лютии лютого маи мамыр марта маусым мая мај наурыз новембар
  ноември ноябрь ноября октобар октомври октябрь октября сентябрь сентября септембар септември серпень
  серпня січень січня сәуір тамыз травень травня фебруар февраль февраля февруари червень червня шілде юли
  юни январь января януари јануари јули јуни қазан қараша қаңтар қыркүиек אוגוסט אוקטובר אפריל דצמבר יולי
  יוני ינואר מאי מרץ נובמבר ספטמבר פברואר ابريل اغسطس اكتوبر اوت اوریل اکتبر دسامبر ديسمبر سبتمبر سپتامبر
  فبراير فوریه مارس مايو مه نوامبر نوفمبر يناير يوليو يونيو ژانویه ژوين ژويیه अकटबर अगसत अपरल जनवर जलई
  दसबर नवबर फरवर मई मरच सतबर অকটবর আগসট এপরল জনযর জলই ডসমবর নভমবর ফবরযর মরচ সপটমবর அகடபர ஆகஸட ஏபரல சபடமபர
  ஜனவர ஜல டசமபர நவமபர பபரவர மரச అకటబర ఆగసట ఏపరల జనవర జల డసబర నవబర ఫబరవర మరచ సపటబర กนยายน กมภาพนธ กรกฎาคม ค
  ตลาคม ธนวาคม พฤศจกายน พฤษภาคม มกราคม มถนายน มนาคม ย สงหาคม เมษายน აგვისტო აპრილი დეკემბერი თებერვალი
  იანვარი ივლისი ივნისი მაისი მარტი ნოემბერი ოქტომბერი სექტემბერი 월 一月 七月 三月 九月 二月 五月 八月 六月 十一月 十二月 十月
  四月 月
`)

export const WEEKDAYS = list(`
  ahad ahd antradienis aoine asteartea asteazkena astelehena axsamı bay bazar carsamba ceadaoin cetrtek
  ceturtdiena cetvrtak chu cmt csutortok ctvrtek cumartesi cumə czwartek cərsənbə deardaoin diel dienstag
  dijous dilluns dimanche dimarts dimecres dinsdag dissabte diumenge divendres domenica domhnaigh domingo
  donderdag donnerstag duminica enjte ertəsi esmaspaev feira fimmtudagur fostudagur fredag freitag friday
  giovedi hai haoine hene hetfo igandea isnin jeudi joi jueves jumaat jumat kamis kedd keskiviikko
  ketvirtadienis khamis kolmapaev larunbata lauantai laugardagur laupaev lordag luain luan lundi lunedi
  lunes luni luns lørdag maanantai maandag mairt mandag manudagur mardi martedi martes marti mercoledi
  mercores mercredi merkure miercoles miercuri minggu mittwoch miðvikudagur monday montag nam nedela
  nedele nedelja nedjelja neljapaev nhat niedziela onsdag osteguna ostirala otrdiena patek pazartesi
  penktadienis pentek perjantai persembe petak petek piatek piatok piektdiena pirmadienis pirmdiena
  pondeli pondelok ponedeljek ponedjeljak poniedziałek premte puhapaev pzt quarta quinta rabu reede sabado
  sabato sabtu salı sambata samedi samstag sathairn saturday sau segunda sekmadienis selasa senin
  sestadienis sestdiena sexta shtune sobota sondag sonntag sreda srijeda sroda streda stvrtok subota
  sunday sunnudagur sunnuntai svetdiena szerda szombat søndag sənbə teisipaev terca thursday tiistai
  tirsdag tisdag torek torsdag torstai treciadienis tresdiena tuesday utery utorak utorok vasarnap
  vendredi venerdi venres viernes vineri vrijdag wednesday woensdag wtorek xoves zaterdag zondag
  þriðjudagur δευτερα κυριακη παρασκευη πεμπτη σαββατο τεταρτη τριτη беисенбі воскресенье вторник вівторок
  дүисенбі жексенбі жұма недела неделя недеља неділя пʼятниця петак петок петък понеделник понедельник
  понедељак понеділок пятница сабота сеисенбі сенбі середа среда сряда суббота субота събота сәрсенбі
  уторак четверг четвртак четврток четвъртък א ב ג ד ה ו חמישי יום ראשון רביעי שבת שישי שלישי שני الاثنين
  الاحد الاربعاء الثلاثاء الجمعة الخميس السبت جمعه دوشنبه سه شنبه پنجشنبه چهارشنبه یکشنبه गरवर बधवर मगलवर
  रववर शकरवर शनवर समवर বধবর বহসপতবর মঙগলবর রববর শকরবর শনবর সমবর சன சவவய ஞயற தஙகள பதன வயழன வளள ఆదవర గరవర
  బధవర మగళవర శకరవర శనవర సమవర จนทร พธ พฤหส วนจนทร วนพธ วนพฤหสบด วนศกร วนองคาร วนอาทตย วนเสาร ศกร องคาร
  อาทตย เสาร კვირა ოთხშაბათი ორშაბათი პარასკევი სამშაბათი შაბათი ხუთშაბათი 금요일 목요일 수요일
  월요일 일요일 토요일 화요일 周一 周三 周二 周五 周六 周四 周日 土曜日 日曜日 星期一 星期三 星期二 星期五 星期六 星期四 星期日 月曜日 木曜日 水曜日
  火曜日 金曜日
`)

/** What stands beside the names and numbers of a date, and makes none by itself. */
export const CONNECTORS = list(`
  de del of st nd rd th utc gmt
`)

/** What makes a date, a time or an amount of a number. */
export const UNITS = list(`
  am pm uhr 年 月 日 時 时 分 秒 点 년 월 일 시 분 초 上午 下午 午前 午後 오전 오후 平成 令和 昭和 usd eur gbp chf inr
  jpy cny rs kr zl kc ft lei лв руб din rm rp
`)

export const BOOLEANS = list(`
  true false wahr falsch vrai faux verdadero falso vero verdadeiro waar onwaar sant falskt sand falsk sann
  usann tosi epatosi prawda falsz pravda nepravda igaz hamis adevarat fals истина ложь істина хибність
  dogru yanlıs tacno netacno istina neistina tiesa melas toene vaar patiess aplams αληθης ψευδης צחיח שגוי
  صحيح خطا
`)
