# English: every sentence a person reads. The Vietnamese file has the same keys in the same order.
# Text codes (`text-<n>`, form.rs): a national question's label has the question's number;
# 60-62 options of a test result; 70-73 titles of the core's pages. Below 1000 they are the
# core's, from there on a province's plugin holds its own.

## General
app-name = Health declaration
language-code = en
other-language = Tiếng Việt
skip-to-content = Skip to the content
footer = This declaration serves epidemic prevention and control. A false statement can be fined.
nav-staff = For officers
nav-scan = Scan
nav-paper = Paper form
nav-list = List
nav-duty = Post
nav-committee = Reports
nav-admin = Administration
nav-me = My passes
log-out = Log out
back = Back
yes = Yes
no = No
optional = (optional)
choose-one = Choose one
print-now = Print
title-error = Error:
direction = Direction
direction-entry = Into the zone
direction-exit = Out of the zone
role-officer = Officer on duty
role-medical = Medical officer
role-committee = Steering Committee
role-admin = Administrator
role-citizen = You
role-system = The system
role-account = An account

## Front door
start-title = Health declaration for travel
start-lead = Declare at home; at the checkpoint you only show a QR code. It takes about 3 minutes.
start-province = Which province do you travel to or through?
start-province-help = Each province asks a few questions of its own.
start-checkpoint = Checkpoint you will pass
start-checkpoint-none = Not known, or none
start-go = Declare for { $province }
start-have-pass = Already declared?
start-have-pass-help = Open the passes declared on this device. If you lost yours, show your identity card to the officer: it finds your declaration.
start-officer = Officer log-in

## The form
declare-title = Health declaration
declare-lead = Fill in the details of the person who travels. One form for each person; you may declare for a relative.
declare-other-province = Choose another province
declare-next = Review the declaration
declare-privacy = What you tell us is used for epidemic prevention only, is encrypted, and is erased when its time is over. You can see who opened your declaration.
section-person = Who declares
section-homes = Addresses
section-journey = Journey
section-commitment = Commitment
errors-title = { $count ->
    [one] One thing to correct
   *[other] { $count } things to correct
}
field-name = Full name
field-name-help = In full, as on your document.
field-document_kind = Kind of document
field-document = Number of the document
field-document-help = A citizen identity card has 12 digits, an old one 9. Leading zeros count.
field-birth = Date of birth
field-birth-help = Day/month/year, such as 12/08/1984. If you do not know the day, the year alone.
field-gender = Sex
field-nationality = Nationality
field-phone = Phone number
field-phone-help = To call you back if needed. A relative’s number will do.
field-permanent = Permanent address
field-permanent-help = As registered.
field-temporary = Temporary address
field-temporary-help = Where you live now, if that is elsewhere.
field-staying = Where you stay on this journey
field-staying-help = Where you will spend the night.
field-origin = From
field-origin-help = The commune or ward where you start.
field-destination = To
field-destination-help = The commune or ward where you go.
field-transport = Means of travel
field-plate = Number plate
field-plate-help = Such as 29-X1 123.45. With a trailer, the plate of the tractor.
field-seat = Seat or flight number
field-seat-help = Such as 12A, VN 213.
field-travels_on = Day of travel
field-returns_on = Day of return
field-checkpoint = Checkpoint
field-serial = Number of the paper form
field-documents = Documents compared
field-picture = Picture of the form
field-commitment = I declare that all of this is true, and know that a false statement has legal consequences.
commitment-short = Commitment
address-commune = Commune, ward or special zone
address-house = House, street, hamlet
address-example = Such as: Ba Đình, Hà Nội
address-which = Several places have this name. Choose yours:
same-as-permanent = Same as permanent address
same-as-temporary = Same as temporary address
same-as-destination = Same as the destination
units-none = No such commune or ward. Try fewer letters.
units-some = # matching places, use the arrow keys to choose
units-list = Matching communes and wards
document-kind-cccd = Citizen identity card
document-kind-cmnd = Old identity card (CMND)
document-kind-passport = Passport
gender-female = Female
gender-male = Male
gender-other = Other
gender-unknown = Not stated
transport-road = Car, motorbike, bus
transport-freight = Lorry, goods vehicle
transport-rail = Train
transport-air = Aeroplane
transport-water = Boat, ship
transport-foot = On foot

## Review
check-title = Review your declaration
check-lead = Read it through, then send it. If something is wrong, go back and correct it.
check-notices = Please look again
check-commitment = By sending it you declare that all of the above is true.
check-send = Send the declaration
check-edit = Go back and correct

## Oddities that do not stop the sending
notice-cccd-prefix = The first three digits of the identity number are no province. Please check the number.
notice-cccd-year = The identity number gives a birth in the future. Please check the number.
notice-birth-differs = The year of birth differs from the one in the identity number. Please check.
notice-gender-differs = The sex differs from the one in the identity number. Please check.
notice-phone-zero-added = The phone number lacked its leading 0; we added it. Please check.
notice-phone-renumbered = The old 11-digit phone number was changed to its 10-digit one. Please check.
notice-phone-landline = This is a landline, which receives no text messages.
notice-phone-foreign = This is a foreign number; text messages may not reach it.
notice-phone-unknown-prefix = The first digits of the phone number are unusual. Please check the number.
notice-plate-odd = The number plate has an unusual form. Please check; the officer will look at it.
notice-plate-trailer = This is the plate of a trailer. Please give the tractor’s.

## Questions every province asks (text codes)
text-1 = Do you have a fever?
text-2 = Do you have a cough?
text-3 = Are you short of breath?
text-4 = Do you have pneumonia?
text-5 = Do you have a sore throat?
text-6 = Are you unusually tired?
text-7 = Have you lost your taste or smell?
text-20 = In the last 14 days, were you close (under 2 metres) to a confirmed patient (F0)?
text-21 = In the last 14 days, did you meet somebody with such symptoms?
text-22 = In the last 14 days, were you in, or did you pass, an epidemic area?
text-40 = Day of your last test
text-41 = Result of that test
text-42 = Vaccine doses received
text-50 = Reason for the journey
text-60 = Negative
text-61 = Positive
text-62 = Not known yet
text-70 = Symptoms in the last 14 days
text-71 = Contacts in the last 14 days
text-72 = Test and vaccination
text-73 = More about the journey

## Reasons (reason codes)
reason-1 = It could not be assessed automatically. The officer at the checkpoint will check.
reason-2 = Contact with a confirmed patient was declared.
reason-3 = Symptoms were declared.
reason-4 = A positive test was declared.
reason-5 = A medical officer must see this person before the journey goes on.
reason-6 = The population registry could not be asked. Please compare the document at the checkpoint.
reason-7 = The population registry does not know this number. Please compare the document at the checkpoint.
reason-8 = Something in the declaration asks for a second look.
reason-10 = The pass has expired. A new declaration is needed.
reason-11 = There is a newer declaration; the newer one was used.
reason-12 = The pass was withdrawn.
reason-13 = This code is not a genuine pass.
reason-14 = This code was signed by a key that is not recognised.
reason-15 = No pass was found for this code or number.
reason-16 = The pass is not yet in force.
reason-17 = The declaration does not entitle to the journey.

## The pass
pass-title = Health declaration pass
pass-fresh = Your declaration was received. Show this code to the officer at the checkpoint.
pass-valid = Valid
pass-look = An officer will check at the checkpoint
pass-EXPIRED = Expired
pass-SUPERSEDED = Replaced by a newer declaration
pass-REVOKED = Withdrawn
pass-REFUSED = Not entitled to travel
pass-qr-alt = QR code of pass { $code }
pass-code = Spoken code
pass-holder = Initials · year of birth
pass-province = Declared to
pass-until = Valid until
pass-issued = Declared at
pass-replaced = This pass was replaced by a newer one.
pass-why = Why?
pass-why-help = If this is wrong, declare again or tell the officer at the checkpoint.
pass-keep = Keep your pass
pass-keep-help = Print it, save the picture or take a screenshot. Without a phone, say the spoken code or show your identity card.
pass-print = Print the pass
pass-png = Save picture (PNG)
pass-svg = Save drawing (SVG)
pass-declare-again = Make a new declaration
print-issuer = { $province } – epidemic prevention and control
print-note = Carry your identity document. If the QR code cannot be read, say the spoken code to the officer.
looks-title = Who looked at my declaration
looks-none = Nobody has looked at it yet.
looks-help = Every opening of your declaration is recorded.
purpose-verify-at-gate = to check at a checkpoint
purpose-trace-contact = to trace contacts
purpose-care-follow-up = to follow up your health
purpose-correct-own-record = you looked at or corrected your own record
purpose-legal-request = on request of an authority
purpose-report-aggregate = to count for a report
purpose-support = to help
purpose-declare = to declare
purpose-administer = to run the service
action-declared = sent the declaration
action-pass-looked-up = looked the pass up
action-person-looked-up = looked the document up
action-crossing-recorded = recorded a passage
action-crossing-overridden = recorded a passage against the advice
action-class-entered = entered a follow-up class
action-class-released = ended a follow-up class
action-pass-opened = opened the pass
action-person-opened = opened the record
me-title = My passes
me-lead = Passes declared on this device.
me-none = There is no pass on this device.
me-none-help = Open a pass made on another device by the link you kept, or show your identity card to the officer at the checkpoint.
me-declare = Make a new declaration
me-forget = Forget the passes on this device
me-forget-help = A shared device? Clear this list when you are done. The passes stay valid.

## States of a pass
status-VALID = Valid
status-EXPIRED = Expired
status-SUPERSEDED = Newer declaration
status-HELD_CLASS = Held
status-REVOKED = Withdrawn
status-REFUSED = Not entitled
status-BAD_SIGNATURE = Forged code
status-UNKNOWN_KEY = Unknown key
status-NOT_FOUND = Not found

## Log-in, duty
login-title = Officer log-in
login-lead = For officers on duty, medical officers, the Steering Committee and administrators.
login-name = User name
login-password = Password
login-go = Log in
duty-title = Post on duty
duty-lead = At which checkpoint are you on duty? Every scan is recorded there.
duty-none = This account has no checkpoint yet. Please ask an administrator.
duty-checkpoint = Checkpoint
duty-go = Start duty

## Scanning
scan-title = Scan
scan-recorded = Recorded:
scan-overridden = against the advice
scan-repeated = had been recorded before
scan-camera-start = Start the camera
scan-camera-stop = Stop the camera
scan-camera-denied = The camera cannot be opened. Allow it in the browser’s settings, or type the code below.
scan-camera-none = This device has no camera. Use a hand scanner or type the code below.
scan-torch = Torch
scan-reading = Hold the QR code inside the frame.
scan-read = Code read.
scan-input = QR code, spoken code or identity number
scan-input-help = A hand scanner types here by itself. Capitals, spaces and dashes do not matter.
scan-look-up = Look up
scan-paper = No phone: key a paper form

## What a scan says
gate-let-through = Let through
gate-check = Check first
gate-unsure = Officer decides
gate-isolate = Isolate, call medical
gate-turn-back = Turn back
do-let-through = Let through
do-check = Record as being checked
do-unsure = Record as undecided
do-isolate = Isolate
do-turn-back = Turn back
verdict-compare = Compare with the document
verdict-birth-year = Year of birth
verdict-journey = From, to
verdict-channel = Declared by
verdict-record-entry = Record the entry
verdict-record-exit = Record the exit
verdict-override = Decide against the advice
verdict-reason = Reason
verdict-reason-help = The reason goes into the report.
verdict-next = Do not record, scan the next person
registry-unknown = The population register does not know this number.
registry-unavailable = The population register could not be asked when this was declared.
channel-web = Web page
channel-api = Another application
channel-paper = Paper form
channel-sms = Text message
channel-ussd = USSD
list-title = Passages today
list-none = No passage today yet.
list-time = Time
list-status = Pass
list-gate = Decision
list-against = advice was:
list-more = Only the latest are shown.

## Paper
paper-title = Key a paper form
paper-lead = For a person without a phone. Key what the paper says, compare the documents, print the pass.
paper-sheet = The sheet
paper-serial = Number of the form
paper-serial-help = Printed in the corner of the sheet.
paper-documents = Documents compared
paper-documents-help = Tick those you have seen with your own eyes.
paper-picture = Picture of the form
paper-picture-help = JPEG or PNG. The whole sheet, legible; the picture is encrypted.
paper-send = Save and print the pass
document-identity = Identity card or passport
document-test = Test certificate
document-travel-paper = Travel permit
document-vehicle = Vehicle papers

## Follow-up classes
mark-title = Medical follow-up
mark-scan-first = Scan the person’s pass or identity card first, then open this from the result.
mark-saved = Recorded. It works from the next scan on.
mark-new = New entry
mark-class = Class
class-suspected = Suspected
class-f0 = Confirmed case (F0)
class-f1 = Close contact of an F0 (F1)
class-f2 = Close contact of an F1 (F2)
class-released = Released
class-short-suspected = Suspected
class-short-f0 = F0
class-short-f1 = F1
class-short-f2 = F2
class-short-released = Released
mark-evidence = Evidence
mark-evidence-help = Laboratory number, place, day. Required for F0.
mark-source = Whom this person met
mark-source-help = Choose a person who stands one class above.
mark-met-on = Day they met
mark-only-contacts = (F1 and F2 only)
mark-consequence = The pass will be held. At the checkpoint only “A medical officer must see this person” is shown, not why.
mark-save = Enter
mark-history = Entries
mark-history-none = No entry yet.
mark-standing = in force
mark-ended = ended
mark-release = Release
mark-release-evidence = Evidence for the release
mark-release-save = Enter the release
field-class = Class
field-evidence = Evidence
field-source = Whom this person met
field-met_on = Day they met

## Reports
committee-title = Daily reports
committee-none = There is no report yet.
report-to = To: the Steering Committee for Epidemic Prevention and Control
report-title = Report on the control of people entering and leaving the zones
report-of = Report of { $day }
report-window = from { $from } until before { $until }
report-revision = restatement { $number }
report-passages-note = Passages of persons and vehicles count events at checkpoints, not persons.
report-posts = By checkpoint
report-post = Checkpoint
report-silent = no passage
report-sections-failed = The province’s own part is missing: its rules could not run when the report was made.
report-made = Made at { $at }
mail-subject = [{ $province }] Epidemic control report of { $day }
mail-link = In full (log-in needed):
mail-from = From
mail-to = To
mail-text = Text of the mail
figure-1 = Declarations taken
figure-2 = Of them on paper
figure-3 = Passages of persons
figure-4 = Entries
figure-5 = Exits
figure-6 = Let through
figure-7 = Being checked
figure-8 = Isolated
figure-9 = Turned back
figure-10 = Undecided
figure-11 = Against the advice
figure-12 = Distinct persons
figure-13 = Passages in a vehicle with a plate
figure-14 = Declarations with symptoms
figure-15 = Newly suspected
figure-16 = New F0
figure-17 = New F1
figure-18 = New F2
figure-19 = Held passes met
figure-20 = Expired passes met
figure-21 = Forged or unknown codes met
figure-22 = Silent checkpoints
figure-23 = Checkpoints
figure-24 = Released from follow-up

## Administration
admin-title = Administration
admin-plugins = Rules of the provinces
admin-ok = Good
admin-failed = Failed
admin-version = Version
admin-interfaces = Interfaces
admin-audit = Audit trail
admin-audit-entries = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
admin-work = Work
admin-jobs = Scheduled jobs
admin-outbox = Outgoing mail
admin-posts = Checkpoints
admin-number = No.
admin-zone = Zone
admin-province = Province
admin-officers = Accounts
admin-name = Name
admin-role = Role
admin-state = State
admin-active = Active
admin-closed = Closed
admin-keys = Keys that sign passes
job-due = Due
job-running = Running
job-given-up = Given up after many tries
job-done = Done
outbox-queued = Queued
outbox-sending = Being sent
outbox-sent = Sent
outbox-refused = Refused
outbox-expired = Too late
demo-mail-title = Demo mailbox
demo-mail-lead = Mail stays here until a mail server is configured.
demo-mail-none = No mail yet.

## Errors: what is wrong and what to do
error-title = Something went wrong
error-home = To the front page
error-code = Error { $status }, request
error-not-found = There is no such page. Please check the address.
error-forbidden = You may not enter here. Log in with an account that may.
error-busy = The service is busy. Please try again in a few seconds.
error-internal = The service failed. Please try again; if it fails again, tell the administrator the request number below.
error-fields = Some fields need correcting. Please look at each.
error-mismatch = This does not fit the population registry. Please correct it as your document says.
error-key-reused = This form was sent before with other content. Please start a new declaration.
error-too-many-lookups = Too many look-ups found nothing. Wait an hour, or call the head of the post.
error-override-reason = Give a reason when you decide against the advice.
error-already-recorded = This passage was recorded with another decision. Scan again.
error-bad-crossing = This page is too old. Scan again.
error-evidence = Give the evidence: laboratory number, place, day.
error-mark-source = For F1 and F2, choose whom the person met (one class above) and the day.
error-mark-not-standing = That entry is no longer in force. Choose another.
error-login-wrong = The user name or password is wrong. Please try again.
error-login-too-many = Too many wrong tries. Please wait 15 minutes.
error-password-short = A password has at least 10 characters.
error-too-large = Too much was sent. Take a large picture again in a smaller size.
error-too-slow = The connection was too slow. Please try again.
error-method = This address does not take such a request.
error-malformed = The request could not be read. Please go back and try again.
error-missing = Please fill this in.
error-choose = Please choose one.
error-too-long = This is too long. Please shorten it.
error-date-form = Write day/month/year, such as 12/08/2021.
error-date-range = The day of travel lies between yesterday and 30 days from now.
error-number-form = Write a number in digits, such as 2.
error-return-before-travel = The return cannot be before the day of travel.
error-commitment = Tick the commitment to send the declaration.
error-unit-unknown = No such commune or ward. Write its name and the province, such as: Ba Đình, Hà Nội.
error-several = Several places have this name. Choose yours from the list.
error-registry-differs = This differs from the population registry. Write it as your document says.
error-name-length = Write the full name, 2 to 100 characters.
error-name-letters = A name has only letters, spaces and ' - or a full stop.
error-cccd-length = A citizen identity number has exactly 12 digits. Leading zeros count.
error-cccd-digits = A citizen identity number has only digits.
error-cmnd-length = An old identity number has 9 digits (some cards have 12). Please check.
error-cmnd-digits = An old identity number has only digits.
error-passport-form = Copy the number from the picture page: 5 to 20 letters and digits.
error-document-unknown = The kind of document is not clear. Choose it above.
error-phone-digits = A phone number has only digits.
error-phone-length = A mobile number has 10 digits, a landline 11. A foreign number starts with +.
error-phone-prefix = No network uses these first digits. Please check the number.
error-birth-form = Write day/month/year, such as 12/08/1984, or the year alone.
error-birth-range = The birth cannot be in the future or more than 125 years ago. Please check.
error-nationality = Choose the country from the list.
error-scan-form = This is not the code of an identity card or a personal QR code.
error-scan-masked = This code hides part of its number. Scan the card or type the number.
error-scan-empty = Scan or type a code.
error-checkpoint = Choose a checkpoint from the list.
error-picture-kind = The picture must be JPEG or PNG.
error-picture-large = The picture is too large. Take it in a smaller size.
error-picture-damaged = The picture cannot be read. Take it again.
error-token = This page is too old. Load it again and fill it in again.
error-compare-identity = Compare the identity card or passport, then tick it.
error-idempotency-key = An Idempotency-Key header of 16 to 100 characters is needed.
error-no-duty = Go on duty at a post first.
error-logged-out = Please log in.
error-post-unknown = There is no such post. Choose the post again.
error-too-many-mismatches = This document was refused too often. Try again in an hour, or declare with an officer at the post.

## Text messages and USSD: each sentence fits one message of 160 characters
talk-welcome = Health declaration { $province }. By answering you swear it is true and let us keep it for next time (FORGET=delete). VI=Tieng Viet
talk-document = Number of ID or passport?
talk-name = Full name?
talk-birth = Year of birth? E.g. 1984
talk-gender = Sex? 1=male 2=female 3=other
talk-nationality = Nationality? 2 letters, e.g. VN, CN, KR
talk-origin = From which province (or commune)? E.g. Ha Noi
talk-plate = Number plate? E.g. 29A12345. 0=no vehicle
talk-seat = Seat or flight number?
talk-return = Day of return? E.g. 25112026
talk-test = and result: 1=negative 2=positive 3=not known. E.g. 20112026 1. Not tested: 0
talk-group = Type the numbers, e.g. 12. 0=none
talk-yes-no = 1=yes 0=no
talk-number = Type a number.
talk-number-skip = Type a number. SKIP
talk-skip = skip
talk-day = E.g. 25112026
talk-day-skip = E.g. 25112026. 0=skip
talk-more = 0=more
talk-back = 00=back
talk-again = Not right.
talk-which-place = Which place?
talk-resume = Your declaration is not finished. 1=continue 2=start over
talk-summary = { $holder }, from
talk-summary-choices = 1=as before, I declare no symptoms, no contact with F0, not in an epidemic area. 2=changes 9=somebody else
talk-household = Who travels?
talk-household-other = 9=somebody else
talk-pass = { $holder } code { $code }, until { $until }. Show this code and your ID at the post.
talk-pass-look = { $holder } code { $code }, until { $until }. Show this code and your ID at the post; the officer will look closer.
talk-pass-unsure = { $holder } code { $code }, until { $until }. Not decided yet: show this code, the officer at the post decides.
talk-pass-hold = { $holder } code { $code }. Do not travel yet: first see the officer at the post or a health station with this code.
talk-refused = { $holder }: the province's conditions for travel are not met. Ask an officer at the post. When things change send KB again.
talk-agree = AGREE=keep it for next time.
talk-passes = Valid codes:
talk-no-pass = No valid code. Send KB to declare.
talk-kept = Kept. Next time just send KB 1. FORGET=delete.
talk-forgotten = What we kept of this phone is deleted. Declarations already sent stay valid.
talk-cancelled = Cancelled. Send KB to declare again.
talk-failed = The system is busy, nothing was taken. In some minutes send KB and choose 1.
talk-later = Too many requests. Please try again in a minute.
talk-too-long = Too many answers. Send KB to start over, or declare with an officer at the post.
talk-too-many-mismatches = This document was refused too often. Try again in one hour, or declare with an officer at the post.
talk-mismatch = Differs from the population data, check.
talk-mismatch-name = The name differs from the population data, check.
talk-mismatch-birth = The birth differs from the population data, check.
talk-mismatch-gender = The sex differs from the population data, check.
talk-no-post = There is no such post.
talk-language = English. Send KB to declare.
talk-help = KB=declare step by step. One text: KB ID number, name, from, 0 (0=no symptoms, no contact with F0). PASS=my code FORGET=delete STOP VI=Tieng Viet
talk-help-short = BACK=last question STOP=end.
error-document-odd = The identity number says a birth in the future. Please check it.
short-error-missing = Please answer.
short-error-choose = Type a number of the list.
short-error-too-long = Too long.
short-error-document-odd = The ID number is wrong.
short-error-document-unknown = Unknown kind of document.
short-error-cccd-length = The ID has 12 digits.
short-error-cccd-digits = The ID has only digits.
short-error-passport-form = A passport has 5-20 letters and digits.
short-error-name-length = Full name please.
short-error-name-letters = Letters only.
short-error-birth-form = Just the year.
short-error-birth-range = The year is wrong.
short-error-nationality = No such country code.
short-error-unit-unknown = Place not found.
short-error-date-form = Type day month year.
short-error-number-form = Type digits.
short-error-return-before-travel = Return must be today or later.
short-text-1 = fever
short-text-2 = cough
short-text-3 = short breath
short-text-4 = pneumonia
short-text-5 = sore throat
short-text-6 = fatigue
short-text-7 = no taste or smell
short-text-20 = met an F0
short-text-21 = met somebody with symptoms
short-text-22 = was in an epidemic area
short-text-40 = Day of the last test
short-text-41 = Test result?
short-text-42 = Vaccine doses received?
short-text-50 = Reason for the journey?
short-text-60 = negative
short-text-61 = positive
short-text-62 = not known
short-text-70 = In 14 days:
short-text-71 = In 14 days:
short-text-72 = Test, vaccine:
short-text-73 = Journey:
