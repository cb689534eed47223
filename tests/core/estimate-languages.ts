/** What people write, by language: all say about the same, in words of our own. */
export const LANGUAGES: Record<string, string> = {
  'English prose': `The harbour was quiet when the last ferry came in. Two men in orange jackets threw the ropes, and a
dog that belonged to nobody watched them from the steps. It had rained since morning; the cobbles shone, and the lamps
along the quay were lit although it was only four o'clock. Marta had been told to wait by the ticket office, but the
office was closed for the winter, so she stood under its narrow roof and read the timetable for the third time. Nobody
had written to her that the afternoon boat no longer ran. She thought of her brother, who never answered letters and
always arrived, and decided to give him another half hour. Then she would walk up the hill to the inn, ask for a room
with a stove, and begin the long explanation that she had been putting off since the spring. When the ferry's engines
stopped, the silence was so sudden that the dog stood up.`,
  'English of engineers': `Before the migration runs, make sure that the replica has caught up: \`SELECT now() - ts\` must be
below five seconds. The deploy script refuses otherwise, but it can't know about long-running transactions. If you see
"deadlock detected" in the logs, stop the importer (not the API!), wait until the connection pool drains, then rerun with
\`--batch-size=200\`. We've measured this on staging: 14 minutes for 3.2 million rows, CPU at 60 %, no timeouts. Don't use
the async endpoint for backfills; its rate limiter is shared with webhooks, and retries are exponential with jitter. See
also the README of the scheduler, section "Idempotency keys", and the open TODOs in worker/config.yaml.`,
  Markdown: `# Getting started

1. **Install** the tool: \`npm install --save-dev shipwright\`
2. Run \`npx shipwright init\` and answer the questions
3. Commit the new file \`shipwright.toml\`

> **Note:** version 3 needs Node 20 or later. See [the upgrade guide](https://example.org/docs/upgrade#v3).

## Options

| Option | Default | Meaning |
| --- | --- | --- |
| \`--watch\` | \`false\` | build again when a file changes |
| \`--out <dir>\` | \`dist\` | where the results go |
| \`--level <n>\` | \`2\` | how much is said: 0 nothing, 3 everything |

- [x] Windows paths
- [ ] Symbolic links (*planned*)
`,
  German: `Der Hafen war still, als die letzte Fähre einlief. Zwei Männer in orangefarbenen Jacken warfen die Leinen, und ein
Hund, der niemandem gehörte, sah ihnen von der Treppe aus zu. Seit dem Morgen hatte es geregnet; das Kopfsteinpflaster
glänzte, und die Laternen am Kai brannten, obwohl es erst vier Uhr war. Man hatte Marta gesagt, sie solle am
Fahrkartenschalter warten, doch der war über den Winter geschlossen, und so stellte sie sich unter das schmale Vordach und
las zum dritten Mal den Fahrplan. Die Geschwindigkeitsbegrenzung der Hafenbehörde hing daneben.`,
  French: `Le port était calme quand le dernier ferry arriva. Deux hommes en veste orange lancèrent les cordages, et un chien
qui n'appartenait à personne les regardait depuis l'escalier. Il pleuvait depuis le matin ; les pavés brillaient, et les
lampes du quai étaient allumées bien qu'il ne fût que quatre heures. On avait dit à Marta d'attendre près du guichet, mais
il était fermé pour l'hiver ; elle se mit donc à l'abri sous le petit toit et relut l'horaire pour la troisième fois.`,
  Polish: `Port był cichy, kiedy wpłynął ostatni prom. Dwaj mężczyźni w pomarańczowych kurtkach rzucili liny, a pies, który do
nikogo nie należał, przyglądał się im ze schodów. Padało od rana; bruk lśnił, a latarnie na nabrzeżu paliły się, choć była
dopiero czwarta. Marcie powiedziano, żeby czekała przy kasie biletowej, ale kasa była zamknięta na zimę, więc stanęła pod
wąskim daszkiem i po raz trzeci przeczytała rozkład jazdy. Nikt jej nie napisał, że popołudniowy statek już nie kursuje.`,
  Turkish: `Son vapur yanaştığında liman sessizdi. Turuncu ceketli iki adam halatları attı, kimseye ait olmayan bir köpek de
onları merdivenlerden izledi. Sabahtan beri yağmur yağıyordu; taşlar parlıyor, saat daha dört olmasına rağmen rıhtımdaki
lambalar yanıyordu. Marta'ya gişenin yanında beklemesi söylenmişti, ama gişe kış için kapalıydı; o da dar saçağın altında
durup tarifeyi üçüncü kez okudu.`,
  Vietnamese: `Bến cảng yên tĩnh khi chuyến phà cuối cùng cập bến. Hai người đàn ông mặc áo khoác màu cam ném dây thừng, và một con
chó không thuộc về ai nhìn họ từ bậc thang. Trời đã mưa từ sáng; đá lát đường bóng loáng, và đèn dọc bến tàu đã sáng dù mới
bốn giờ chiều. Người ta bảo Marta đợi ở quầy vé, nhưng quầy đã đóng cửa suốt mùa đông, nên cô đứng dưới mái hiên hẹp và đọc
lịch trình lần thứ ba.`,
  Russian: `В гавани было тихо, когда пришёл последний паром. Двое мужчин в оранжевых куртках бросили канаты, а ничья собака
смотрела на них со ступенек. С утра шёл дождь; булыжники блестели, и фонари вдоль набережной горели, хотя было только
четыре часа. Марте велели ждать у билетной кассы, но касса была закрыта на зиму, поэтому она встала под узким навесом и в
третий раз перечитала расписание. Никто не написал ей, что дневной пароход больше не ходит.`,
  Greek: `Το λιμάνι ήταν ήσυχο όταν έφτασε το τελευταίο φέρι. Δύο άντρες με πορτοκαλί μπουφάν έριξαν τα σχοινιά, και ένας σκύλος
που δεν ανήκε σε κανέναν τους κοιτούσε από τα σκαλιά. Έβρεχε από το πρωί· τα καλντερίμια γυάλιζαν και τα φώτα της προκυμαίας
ήταν αναμμένα, αν και ήταν μόνο τέσσερις η ώρα.`,
  Hebrew: `הנמל היה שקט כשהמעבורת האחרונה נכנסה. שני גברים במעילים כתומים זרקו את החבלים, וכלב שלא היה שייך לאיש הביט בהם מן
המדרגות. ירד גשם מאז הבוקר; אבני הרחוב נצצו, והפנסים לאורך הרציף דלקו אף שהשעה הייתה רק ארבע. למרתה נאמר לחכות ליד הקופה,
אבל הקופה הייתה סגורה לחורף.`,
  Arabic: `كان الميناء هادئًا عندما وصلت العبّارة الأخيرة. ألقى رجلان يرتديان سترات برتقالية الحبال، وكان كلب لا يملكه أحد يراقبهما
من الدرج. كان المطر يهطل منذ الصباح؛ وكانت الحجارة تلمع، وكانت المصابيح على طول الرصيف مضاءة رغم أن الساعة لم تتجاوز
الرابعة. قيل لمارتا أن تنتظر عند مكتب التذاكر، لكن المكتب كان مغلقًا في الشتاء، فوقفت تحت سقفه الضيق وقرأت الجدول للمرة
الثالثة.`,
  Hindi: `जब आख़िरी नाव आई तब बंदरगाह शांत था। नारंगी जैकेट पहने दो आदमियों ने रस्सियाँ फेंकीं, और एक कुत्ता जो किसी का नहीं था,
सीढ़ियों से उन्हें देखता रहा। सुबह से बारिश हो रही थी; पत्थर चमक रहे थे, और घाट की बत्तियाँ जल रही थीं, हालाँकि अभी केवल चार
बजे थे। मार्ता से कहा गया था कि टिकट घर के पास इंतज़ार करे, लेकिन वह सर्दियों के लिए बंद था।`,
  Bengali: `শেষ ফেরি যখন এল তখন বন্দর শান্ত ছিল। কমলা জ্যাকেট পরা দুজন লোক দড়ি ছুঁড়ে দিল, আর একটি কুকুর যা কারও ছিল না, সিঁড়ি থেকে
তাদের দেখছিল। সকাল থেকে বৃষ্টি হচ্ছিল; পাথরগুলো চকচক করছিল, আর ঘাটের বাতিগুলো জ্বলছিল, যদিও তখন মাত্র চারটে বাজে।`,
  Tamil: `கடைசிப் படகு வந்தபோது துறைமுகம் அமைதியாக இருந்தது. ஆரஞ்சு நிறச் சட்டை அணிந்த இருவர் கயிறுகளை வீசினர், யாருக்கும் சொந்தமில்லாத
ஒரு நாய் படிகளிலிருந்து அவர்களைப் பார்த்துக்கொண்டிருந்தது. காலையிலிருந்து மழை பெய்தது.`,
  Thai: `ท่าเรือเงียบสงบเมื่อเรือข้ามฟากลำสุดท้ายเข้ามา ชายสองคนในเสื้อแจ็กเก็ตสีส้มโยนเชือก และสุนัขที่ไม่มีเจ้าของมองดูพวกเขาจากขั้นบันได
ฝนตกมาตั้งแต่เช้า ก้อนหินปูถนนเป็นประกาย และโคมไฟตามท่าเรือสว่างแล้วทั้งที่เพิ่งสี่โมงเย็น มีคนบอกมาร์ตาให้รอที่ห้องขายตั๋ว
แต่ห้องนั้นปิดตลอดฤดูหนาว เธอจึงยืนใต้ชายคาแคบ ๆ และอ่านตารางเวลาเป็นครั้งที่สาม`,
  Georgian: `ნავსადგური წყნარი იყო, როცა ბოლო ბორანი შემოვიდა. ნარინჯისფერქურთუკიანმა ორმა კაცმა თოკები ისროლა, ხოლო ძაღლი, რომელიც
არავის ეკუთვნოდა, კიბიდან უყურებდა მათ. დილიდან წვიმდა.`,
  Chinese: `最后一班渡轮进港时，港口一片寂静。两个穿橙色夹克的男人抛出缆绳，一条无主的狗在台阶上看着他们。从早上起就一直下雨，
石板路闪闪发亮，虽然才四点钟，码头边的路灯已经亮了。有人让玛尔塔在售票处等候，可是售票处冬天关门，她只好站在狭窄的屋檐下，
第三次读那张时刻表。没有人写信告诉她，下午的船已经停开了。她想起从不回信却总会到来的哥哥，决定再等他半个小时。`,
  'Chinese, traditional': `最後一班渡輪進港時，港口一片寂靜。兩個穿橙色夾克的男人拋出纜繩，一條無主的狗在臺階上看著他們。從早上起就一直
下雨，石板路閃閃發亮，雖然才四點鐘，碼頭邊的路燈已經亮了。有人讓瑪爾塔在售票處等候，可是售票處冬天關門，她只好站在狹窄的
屋簷下，第三次讀那張時刻表。`,
  Japanese: `最後のフェリーが入ってきたとき、港は静かだった。オレンジ色の上着を着た二人の男がロープを投げ、飼い主のいない犬が階段から
それを見ていた。朝からずっと雨が降っていて、石畳は光り、まだ四時だというのに岸壁の街灯がともっていた。マルタは切符売り場の
そばで待つように言われていたが、そこは冬のあいだ閉まっていたので、狭い軒下に立って時刻表を三度目に読み返した。`,
  Korean: `마지막 여객선이 들어왔을 때 항구는 조용했다. 주황색 재킷을 입은 두 남자가 밧줄을 던졌고, 주인 없는 개 한 마리가 계단에서
그들을 지켜보았다. 아침부터 비가 내려 돌길은 반짝였고, 아직 네 시밖에 되지 않았는데도 부두의 가로등이 켜져 있었다. 마르타는
매표소 옆에서 기다리라는 말을 들었지만, 매표소는 겨울 동안 문을 닫았기 때문에 좁은 처마 밑에 서서 시간표를 세 번째로 읽었다.`,
};
