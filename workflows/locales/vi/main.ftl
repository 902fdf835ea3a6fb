# Tiếng Việt: every sentence a person reads. The English file has the same keys in the same order.
# Text codes (`text-<n>`, form.rs): a national question's label has the question's number;
# 60-62 options of a test result; 70-73 titles of the core's pages. Below 1000 they are the
# core's, from there on a province's plugin holds its own.

## Chung
app-name = Khai báo y tế
language-code = vi
other-language = English
skip-to-content = Đến nội dung chính
footer = Tờ khai y tế dùng cho phòng, chống dịch. Khai gian có thể bị xử phạt vi phạm hành chính.
nav-staff = Dành cho cán bộ
nav-scan = Quét mã
nav-paper = Tờ khai giấy
nav-list = Danh sách
nav-duty = Chốt trực
nav-committee = Báo cáo
nav-admin = Quản trị
nav-me = Thẻ của tôi
log-out = Đăng xuất
back = Quay lại
yes = Có
no = Không
optional = (không bắt buộc)
choose-one = Chọn một mục
print-now = In
title-error = Có lỗi:
direction = Chiều đi
direction-entry = Vào vùng
direction-exit = Ra khỏi vùng
role-officer = Cán bộ trực chốt
role-medical = Cán bộ y tế
role-committee = Ban Chỉ đạo
role-admin = Quản trị viên
role-citizen = Chính bạn
role-system = Hệ thống
role-account = Tài khoản

## Trang đầu
start-title = Khai báo y tế khi đi lại
start-lead = Khai trước ở nhà, đến chốt chỉ cần đưa mã QR. Mất khoảng 3 phút.
start-province = Bạn đến hoặc đi qua tỉnh, thành phố nào?
start-province-help = Mỗi tỉnh, thành phố hỏi thêm một số câu riêng.
start-checkpoint = Chốt kiểm soát sẽ đi qua
start-checkpoint-none = Chưa biết hoặc không đi qua chốt
start-go = Khai cho { $province }
start-have-pass = Đã khai rồi?
start-have-pass-help = Mở lại thẻ đã khai trên máy này. Mất thẻ thì đưa thẻ căn cước cho cán bộ ở chốt: cán bộ tra được tờ khai của bạn.
start-officer = Cán bộ đăng nhập

## Tờ khai
declare-title = Tờ khai y tế
declare-lead = Điền thông tin của người đi. Mỗi người một tờ khai; có thể khai hộ người thân.
declare-other-province = Chọn tỉnh khác
declare-next = Xem lại tờ khai
declare-privacy = Thông tin chỉ dùng cho phòng, chống dịch, được mã hóa và xóa khi hết hạn lưu. Bạn xem được ai đã mở tờ khai của mình.
section-person = Người khai
section-homes = Nơi ở
section-journey = Chuyến đi
section-commitment = Cam kết
errors-title = { $count ->
   *[other] Cần sửa { $count } chỗ
}
field-name = Họ và tên
field-name-help = Viết đầy đủ, có dấu, như trên giấy tờ.
field-document_kind = Loại giấy tờ
field-document = Số giấy tờ
field-document-help = Căn cước có 12 số, CMND cũ có 9 số. Ghi cả số 0 ở đầu.
field-birth = Ngày sinh
field-birth-help = Ngày/tháng/năm, ví dụ 12/08/1984. Không rõ ngày thì chỉ ghi năm.
field-gender = Giới tính
field-nationality = Quốc tịch
field-phone = Số điện thoại
field-phone-help = Để gọi lại khi cần. Có thể là số của người nhà.
field-permanent = Nơi thường trú
field-permanent-help = Như đã đăng ký.
field-temporary = Nơi tạm trú
field-temporary-help = Nơi đang ở, nếu khác nơi thường trú.
field-staying = Nơi lưu trú trong chuyến đi
field-staying-help = Nơi bạn sẽ ngủ lại.
field-origin = Nơi đi
field-origin-help = Xã, phường bạn bắt đầu đi.
field-destination = Nơi đến
field-destination-help = Xã, phường bạn sẽ đến.
field-transport = Phương tiện
field-plate = Biển kiểm soát
field-plate-help = Ví dụ 29-X1 123.45. Có rơ-moóc thì ghi biển đầu kéo.
field-seat = Số ghế hoặc số hiệu chuyến
field-seat-help = Ví dụ 12A, VN 213.
field-travels_on = Ngày đi
field-returns_on = Ngày về
field-checkpoint = Chốt kiểm soát
field-serial = Số tờ khai giấy
field-documents = Giấy tờ đã đối chiếu
field-picture = Ảnh tờ khai
field-commitment = Tôi cam kết khai đúng sự thật và chịu trách nhiệm trước pháp luật nếu khai gian.
commitment-short = Cam kết
address-commune = Xã, phường, đặc khu
address-house = Số nhà, đường, thôn, tổ
address-example = Ví dụ: Ba Đình, Hà Nội
address-which = Có nhiều nơi trùng tên. Chọn đúng nơi của bạn:
same-as-permanent = Giống nơi thường trú
same-as-temporary = Giống nơi tạm trú
same-as-destination = Giống nơi đến
units-none = Không thấy xã, phường nào. Thử gõ ít chữ hơn.
units-some = # nơi phù hợp, dùng phím mũi tên để chọn
units-list = Xã, phường phù hợp
document-kind-cccd = Căn cước công dân
document-kind-cmnd = Chứng minh nhân dân
document-kind-passport = Hộ chiếu
gender-female = Nữ
gender-male = Nam
gender-other = Khác
gender-unknown = Không rõ
transport-road = Ô tô, xe máy, xe khách
transport-freight = Xe tải, xe chở hàng
transport-rail = Tàu hỏa
transport-air = Máy bay
transport-water = Tàu, thuyền
transport-foot = Đi bộ

## Xem lại
check-title = Xem lại tờ khai
check-lead = Đọc kỹ rồi bấm gửi. Sai ở đâu thì quay lại sửa.
check-notices = Xin kiểm tra lại
check-commitment = Bấm gửi là bạn cam kết những điều trên là đúng sự thật.
check-send = Gửi tờ khai
check-edit = Quay lại sửa

## Điều lạ, không ngăn việc gửi
notice-cccd-prefix = Ba số đầu của số căn cước không phải mã tỉnh. Xin xem lại số.
notice-cccd-year = Số căn cước cho năm sinh trong tương lai. Xin xem lại số.
notice-birth-differs = Năm sinh khác với năm trong số căn cước. Xin xem lại.
notice-gender-differs = Giới tính khác với giới tính trong số căn cước. Xin xem lại.
notice-phone-zero-added = Số điện thoại thiếu số 0 ở đầu, chúng tôi đã thêm vào. Xin xem lại.
notice-phone-renumbered = Số điện thoại 11 số cũ đã được đổi sang 10 số. Xin xem lại.
notice-phone-landline = Đây là số máy bàn nên không nhận được tin nhắn.
notice-phone-foreign = Đây là số nước ngoài; có thể không nhận được tin nhắn.
notice-phone-unknown-prefix = Đầu số điện thoại này không quen. Xin xem lại số.
notice-plate-odd = Biển kiểm soát có dạng lạ. Xin xem lại; cán bộ ở chốt sẽ kiểm tra.
notice-plate-trailer = Đây là biển rơ-moóc. Xin ghi biển của xe đầu kéo.

## Câu hỏi chung của tờ khai (mã chữ)
text-1 = Bạn có bị sốt không?
text-2 = Bạn có ho không?
text-3 = Bạn có khó thở không?
text-4 = Bạn có bị viêm phổi không?
text-5 = Bạn có đau họng không?
text-6 = Bạn có mệt mỏi không?
text-7 = Bạn có mất vị giác hoặc khứu giác không?
text-20 = Trong 14 ngày qua, bạn có tiếp xúc gần (dưới 2 mét) với ca xác định (F0) không?
text-21 = Trong 14 ngày qua, bạn có tiếp xúc với người có các dấu hiệu trên không?
text-22 = Trong 14 ngày qua, bạn có ở hoặc đi qua vùng dịch không?
text-40 = Ngày xét nghiệm gần nhất
text-41 = Kết quả xét nghiệm
text-42 = Số mũi vắc xin đã tiêm
text-50 = Lý do di chuyển
text-60 = Âm tính
text-61 = Dương tính
text-62 = Chưa có kết quả
text-70 = Dấu hiệu trong 14 ngày qua
text-71 = Tiếp xúc trong 14 ngày qua
text-72 = Xét nghiệm và tiêm chủng
text-73 = Thêm về chuyến đi

## Lý do (mã lý do)
reason-1 = Chưa xét tự động được. Cán bộ ở chốt sẽ kiểm tra.
reason-2 = Tờ khai có tiếp xúc với ca xác định.
reason-3 = Tờ khai có dấu hiệu bệnh.
reason-4 = Tờ khai có kết quả xét nghiệm dương tính.
reason-5 = Cần gặp cán bộ y tế trước khi đi tiếp.
reason-6 = Chưa đối chiếu được với dữ liệu dân cư. Xin đối chiếu giấy tờ tại chốt.
reason-7 = Số giấy tờ chưa có trong dữ liệu dân cư. Xin đối chiếu giấy tờ tại chốt.
reason-8 = Tờ khai có điểm cần xem kỹ hơn.
reason-10 = Thẻ đã hết hạn. Cần khai lại.
reason-11 = Có tờ khai mới hơn; đã xét theo tờ khai mới.
reason-12 = Thẻ đã bị thu hồi.
reason-13 = Mã này không phải thẻ thật.
reason-14 = Mã này do một khóa không được công nhận ký.
reason-15 = Không tìm thấy thẻ nào với mã hoặc số này.
reason-16 = Thẻ chưa có hiệu lực.
reason-17 = Tờ khai không đủ điều kiện đi lại.

## Thẻ
pass-title = Thẻ khai báo y tế
pass-fresh = Đã nhận tờ khai. Đưa mã này cho cán bộ ở chốt.
pass-valid = Còn hiệu lực
pass-look = Cán bộ sẽ kiểm tra ở chốt
pass-EXPIRED = Đã hết hạn
pass-SUPERSEDED = Đã có tờ khai mới hơn
pass-REVOKED = Đã thu hồi
pass-REFUSED = Không đủ điều kiện đi lại
pass-qr-alt = Mã QR của thẻ { $code }
pass-code = Mã đọc
pass-digits = Mã bằng số
pass-holder = Chữ đầu tên · năm sinh
pass-province = Nơi nhận tờ khai
pass-until = Có hiệu lực đến
pass-issued = Khai lúc
pass-replaced = Thẻ này đã được thay bằng thẻ mới.
pass-why = Vì sao?
pass-why-help = Thấy sai thì khai lại, hoặc nói với cán bộ ở chốt.
pass-keep = Giữ thẻ
pass-keep-help = In ra, tải ảnh hoặc chụp màn hình đều dùng được. Không có điện thoại thì đọc mã đọc, hoặc đưa thẻ căn cước.
pass-print = In thẻ
pass-png = Tải ảnh (PNG)
pass-svg = Tải hình vẽ (SVG)
pass-declare-again = Khai tờ mới
print-issuer = { $province } – phòng, chống dịch
print-note = Mang theo giấy tờ tùy thân. Mã QR mờ thì đọc mã đọc cho cán bộ.
looks-title = Ai đã xem tờ khai của tôi
looks-none = Chưa có ai xem.
looks-help = Mỗi lần mở tờ khai đều được ghi lại.
purpose-verify-at-gate = để kiểm tra tại chốt
purpose-trace-contact = để truy vết
purpose-care-follow-up = để theo dõi sức khỏe
purpose-correct-own-record = bạn xem hoặc sửa tờ khai của mình
purpose-legal-request = theo yêu cầu của cơ quan có thẩm quyền
purpose-report-aggregate = để đếm số liệu báo cáo
purpose-support = để hỗ trợ
purpose-declare = để khai báo
purpose-administer = để vận hành hệ thống
action-declared = đã gửi tờ khai
action-pass-looked-up = đã tra thẻ
action-person-looked-up = đã tra theo giấy tờ
action-crossing-recorded = đã ghi lượt qua chốt
action-crossing-overridden = đã ghi lượt qua chốt khác với đề nghị
action-class-entered = đã ghi diện theo dõi
action-class-released = đã kết thúc diện theo dõi
action-pass-opened = đã mở thẻ
action-person-opened = đã mở hồ sơ
me-title = Thẻ của tôi
me-lead = Các thẻ đã khai trên máy này.
me-none = Máy này chưa có thẻ nào.
me-none-help = Thẻ khai trên máy khác thì mở bằng đường dẫn đã lưu, hoặc đưa thẻ căn cước cho cán bộ ở chốt.
me-declare = Khai tờ mới
me-forget = Quên các thẻ trên máy này
me-forget-help = Dùng chung máy? Hãy xóa danh sách này khi xong. Thẻ vẫn còn hiệu lực.

## Tình trạng thẻ
status-VALID = Còn hiệu lực
status-EXPIRED = Hết hạn
status-SUPERSEDED = Có tờ khai mới hơn
status-HELD_CLASS = Tạm giữ
status-REVOKED = Thu hồi
status-REFUSED = Không đủ điều kiện
status-BAD_SIGNATURE = Mã giả
status-UNKNOWN_KEY = Khóa lạ
status-NOT_FOUND = Không tìm thấy

## Đăng nhập, chốt trực
login-title = Cán bộ đăng nhập
login-lead = Dành cho cán bộ trực chốt, y tế, Ban Chỉ đạo và quản trị.
login-name = Tên đăng nhập
login-password = Mật khẩu
login-go = Đăng nhập
duty-title = Chốt trực
duty-lead = Bạn trực ở chốt nào? Mỗi lượt quét được ghi vào chốt này.
duty-none = Tài khoản này chưa có chốt nào. Xin liên hệ quản trị viên.
duty-checkpoint = Chốt kiểm soát
duty-go = Bắt đầu trực

## Quét mã
scan-title = Quét mã
scan-recorded = Đã ghi:
scan-overridden = khác với đề nghị
scan-repeated = lượt này đã được ghi trước đó
scan-camera-start = Mở máy ảnh
scan-camera-stop = Tắt máy ảnh
scan-camera-denied = Không mở được máy ảnh. Cho phép trong cài đặt trình duyệt, hoặc nhập mã bên dưới.
scan-camera-none = Máy này không có máy ảnh. Dùng đầu đọc mã hoặc nhập mã bên dưới.
scan-torch = Đèn
scan-reading = Đưa mã QR vào khung.
scan-read = Đã đọc mã.
scan-input = Mã QR, mã đọc hoặc số căn cước
scan-input-help = Đầu đọc mã tự điền vào đây. Không phân biệt chữ hoa, dấu cách, gạch nối.
scan-look-up = Tra
scan-paper = Không có điện thoại: nhập tờ khai giấy

## Kết quả quét
gate-let-through = Cho qua
gate-check = Kiểm tra thêm
gate-unsure = Cán bộ quyết định
gate-isolate = Cách ly, gọi y tế
gate-turn-back = Quay đầu
do-let-through = Cho qua
do-check = Ghi đang kiểm tra
do-unsure = Ghi chưa quyết định
do-isolate = Cách ly
do-turn-back = Quay đầu
verdict-compare = Đối chiếu với giấy tờ
verdict-birth-year = Năm sinh
verdict-journey = Nơi đi, nơi đến
verdict-channel = Khai bằng
verdict-record-entry = Ghi lượt vào
verdict-record-exit = Ghi lượt ra
verdict-override = Quyết định khác với đề nghị
verdict-reason = Lý do
verdict-reason-help = Lý do được đưa vào báo cáo.
verdict-next = Không ghi, quét người khác
registry-unknown = Số giấy tờ chưa có trong dữ liệu dân cư.
registry-unavailable = Lúc khai chưa hỏi được dữ liệu dân cư.
channel-web = Trang web
channel-api = Ứng dụng khác
channel-paper = Tờ khai giấy
channel-sms = Tin nhắn
channel-ussd = USSD
list-title = Lượt qua chốt hôm nay
list-none = Hôm nay chưa có lượt nào.
list-time = Giờ
list-status = Thẻ
list-gate = Quyết định
list-against = đề nghị:
list-more = Chỉ hiện các lượt gần nhất.

## Tờ khai giấy
paper-title = Nhập tờ khai giấy
paper-lead = Khai cho người không có điện thoại. Nhập đúng như trên giấy, đối chiếu giấy tờ, rồi in thẻ.
paper-sheet = Tờ giấy
paper-serial = Số tờ khai
paper-serial-help = Số in ở góc tờ giấy.
paper-documents = Giấy tờ đã đối chiếu
paper-documents-help = Đánh dấu những giấy tờ bạn đã xem tận mắt.
paper-picture = Ảnh tờ khai
paper-picture-help = JPEG hoặc PNG. Chụp rõ cả tờ; ảnh được mã hóa.
paper-send = Lưu và in thẻ
document-identity = Căn cước, CMND hoặc hộ chiếu
document-test = Giấy xét nghiệm
document-travel-paper = Giấy đi đường
document-vehicle = Giấy tờ xe

## Diện theo dõi
mark-title = Diện theo dõi y tế
mark-scan-first = Quét thẻ hoặc căn cước của người này trước, rồi mở mục này từ trang kết quả.
mark-saved = Đã ghi. Có hiệu lực từ lần quét sau.
mark-new = Ghi diện mới
mark-class = Diện
class-suspected = Nghi ngờ
class-f0 = Ca xác định (F0)
class-f1 = Tiếp xúc gần với F0 (F1)
class-f2 = Tiếp xúc gần với F1 (F2)
class-released = Kết thúc theo dõi
class-short-suspected = Nghi ngờ
class-short-f0 = F0
class-short-f1 = F1
class-short-f2 = F2
class-short-released = Kết thúc
mark-evidence = Căn cứ
mark-evidence-help = Số phiếu xét nghiệm, đơn vị, ngày. Bắt buộc với F0.
mark-source = Đã tiếp xúc với ai
mark-source-help = Chọn người đang ở diện cao hơn một bậc.
mark-met-on = Ngày tiếp xúc
mark-only-contacts = (chỉ với F1, F2)
mark-consequence = Thẻ sẽ bị tạm giữ. Ở chốt chỉ thấy câu “Cần gặp cán bộ y tế”, không thấy lý do.
mark-save = Ghi
mark-history = Các lần ghi
mark-history-none = Chưa có lần ghi nào.
mark-standing = đang áp dụng
mark-ended = đã kết thúc
mark-release = Kết thúc theo dõi
mark-release-evidence = Căn cứ kết thúc
mark-release-save = Ghi kết thúc
field-class = Diện
field-evidence = Căn cứ
field-source = Đã tiếp xúc với ai
field-met_on = Ngày tiếp xúc

## Báo cáo
committee-title = Báo cáo hằng ngày
committee-none = Chưa có báo cáo nào.
report-to = Kính gửi: Ban Chỉ đạo phòng, chống dịch
report-title = Báo cáo kết quả kiểm soát người ra, vào vùng dịch
report-of = Báo cáo ngày { $day }
report-window = từ { $from } đến trước { $until }
report-revision = bản cập nhật số { $number }
report-passages-note = Lượt người, lượt phương tiện là số lần qua chốt, không phải số người.
report-posts = Theo từng chốt
report-post = Chốt
report-silent = không có lượt nào
report-sections-failed = Thiếu phần riêng của tỉnh: quy định của tỉnh không chạy được lúc lập báo cáo.
report-made = Lập lúc { $at }
mail-subject = [{ $province }] Báo cáo kiểm soát dịch ngày { $day }
mail-link = Xem đầy đủ (cần đăng nhập):
mail-from = Từ
mail-to = Đến
mail-text = Nội dung thư
figure-1 = Tờ khai đã nhận
figure-2 = Trong đó tờ khai giấy
figure-3 = Lượt người qua chốt
figure-4 = Lượt vào
figure-5 = Lượt ra
figure-6 = Lượt cho qua
figure-7 = Lượt đang kiểm tra
figure-8 = Lượt cách ly
figure-9 = Lượt quay đầu
figure-10 = Lượt chưa quyết định
figure-11 = Quyết định khác đề nghị
figure-12 = Số người
figure-13 = Lượt người đi xe có biển số
figure-14 = Tờ khai có dấu hiệu bệnh
figure-15 = Nghi ngờ mới
figure-16 = F0 mới
figure-17 = F1 mới
figure-18 = F2 mới
figure-19 = Thẻ tạm giữ gặp ở chốt
figure-20 = Thẻ hết hạn gặp ở chốt
figure-21 = Mã giả, mã lạ gặp ở chốt
figure-22 = Chốt không có lượt nào
figure-23 = Số chốt
figure-24 = Người kết thúc theo dõi

## Quản trị
admin-title = Quản trị
admin-plugins = Quy định của các tỉnh
admin-ok = Tốt
admin-failed = Lỗi
admin-version = Phiên bản
admin-interfaces = Chức năng
admin-audit = Nhật ký
admin-audit-entries = { $count ->
   *[other] { $count } mục
}
admin-work = Công việc
admin-jobs = Việc theo lịch
admin-outbox = Thư gửi đi
admin-posts = Chốt kiểm soát
admin-number = Số
admin-zone = Vùng
admin-province = Tỉnh, thành phố
admin-officers = Tài khoản
admin-name = Họ tên
admin-role = Vai trò
admin-state = Tình trạng
admin-active = Đang dùng
admin-closed = Đã khóa
admin-keys = Khóa ký thẻ
job-due = Đến hạn
job-running = Đang chạy
job-given-up = Bỏ dở sau nhiều lần thử
job-done = Xong
outbox-queued = Chờ gửi
outbox-sending = Đang gửi
outbox-sent = Đã gửi
outbox-refused = Bị từ chối
outbox-expired = Quá hạn
demo-mail-title = Hộp thư thử
demo-mail-lead = Thư gửi đi được giữ ở đây cho đến khi cấu hình máy chủ thư.
demo-mail-none = Chưa có thư nào.

## Lỗi: điều sai và việc cần làm
error-title = Có lỗi
error-home = Về trang đầu
error-code = Mã lỗi { $status }, yêu cầu số
error-not-found = Không có trang này. Xin xem lại đường dẫn.
error-forbidden = Bạn không được phép vào đây. Hãy đăng nhập bằng tài khoản phù hợp.
error-busy = Hệ thống đang bận. Xin thử lại sau ít giây.
error-internal = Hệ thống gặp lỗi. Xin thử lại; nếu vẫn lỗi, báo số yêu cầu bên dưới cho quản trị viên.
error-fields = Một số chỗ cần sửa. Xin xem từng mục.
error-mismatch = Thông tin không khớp với dữ liệu dân cư. Xin sửa theo đúng giấy tờ.
error-key-reused = Tờ khai này đã gửi với nội dung khác. Xin bắt đầu tờ khai mới.
error-too-many-codes = Mỗi phút chỉ tra được 10 mã. Xin đợi một phút, hoặc quét mã QR.
error-too-many-lookups = Tra không thấy quá nhiều lần. Xin đợi một giờ hoặc gọi trưởng chốt.
error-override-reason = Hãy ghi lý do khi quyết định khác với đề nghị.
error-already-recorded = Lượt này đã được ghi với quyết định khác. Hãy quét lại.
error-bad-crossing = Trang này đã quá cũ. Hãy quét lại.
error-evidence = Hãy ghi căn cứ: số phiếu xét nghiệm, đơn vị, ngày.
error-mark-source = Với F1, F2, hãy chọn người đã tiếp xúc (cao hơn một bậc) và ngày tiếp xúc.
error-mark-not-standing = Lần ghi đó không còn áp dụng. Hãy chọn lần khác.
error-login-wrong = Sai tên đăng nhập hoặc mật khẩu. Xin thử lại.
error-login-too-many = Sai quá nhiều lần. Xin đợi 15 phút.
error-password-short = Mật khẩu phải có ít nhất 10 ký tự.
error-too-large = Gửi quá nhiều dữ liệu. Ảnh lớn thì chụp lại với cỡ nhỏ hơn.
error-too-slow = Đường truyền quá chậm. Xin thử lại.
error-method = Địa chỉ này không nhận yêu cầu như vậy.
error-malformed = Yêu cầu không đọc được. Xin quay lại và thử lần nữa.
error-missing = Hãy điền mục này.
error-choose = Hãy chọn một mục.
error-too-long = Dài quá. Hãy viết ngắn hơn.
error-date-form = Ghi ngày/tháng/năm, ví dụ 12/08/2021.
error-date-range = Ngày đi phải từ hôm qua đến 30 ngày tới.
error-number-form = Ghi bằng chữ số, ví dụ 2.
error-return-before-travel = Ngày về phải từ ngày đi trở đi.
error-commitment = Hãy đánh dấu cam kết để gửi tờ khai.
error-unit-unknown = Không thấy xã, phường này. Ghi tên xã, phường và tỉnh, ví dụ: Ba Đình, Hà Nội.
error-several = Có nhiều nơi trùng tên. Hãy chọn đúng nơi trong danh sách.
error-registry-differs = Không khớp với dữ liệu dân cư. Ghi đúng như trên giấy tờ.
error-name-length = Ghi đầy đủ họ tên, từ 2 đến 100 ký tự.
error-name-letters = Họ tên chỉ gồm chữ, dấu cách, dấu ' - và dấu chấm.
error-cccd-length = Số căn cước có đúng 12 số. Ghi cả số 0 ở đầu.
error-cccd-digits = Số căn cước chỉ gồm chữ số.
error-cmnd-length = Số CMND có 9 số (một số thẻ có 12 số). Xin xem lại.
error-cmnd-digits = Số CMND chỉ gồm chữ số.
error-passport-form = Chép số ở trang ảnh của hộ chiếu: 5 đến 20 chữ cái và chữ số.
error-document-unknown = Không nhận ra loại giấy tờ. Hãy chọn loại giấy tờ ở trên.
error-phone-digits = Số điện thoại chỉ gồm chữ số.
error-phone-length = Số di động có 10 số, máy bàn có 11 số. Số nước ngoài bắt đầu bằng dấu +.
error-phone-prefix = Không có mạng nào dùng đầu số này. Xin xem lại số.
error-birth-form = Ghi ngày/tháng/năm sinh, ví dụ 12/08/1984, hoặc chỉ ghi năm.
error-birth-range = Ngày sinh không thể ở tương lai hay quá 125 năm trước. Xin xem lại.
error-nationality = Hãy chọn nước trong danh sách.
error-scan-form = Mã này không phải của thẻ căn cước hay mã QR cá nhân.
error-scan-masked = Mã này che bớt số. Hãy quét thẻ căn cước hoặc gõ số.
error-scan-empty = Hãy quét hoặc nhập một mã.
error-checkpoint = Hãy chọn một chốt trong danh sách.
error-picture-kind = Ảnh phải là JPEG hoặc PNG.
error-picture-large = Ảnh quá lớn. Hãy chụp với cỡ nhỏ hơn.
error-picture-damaged = Không đọc được ảnh. Hãy chụp lại.
error-token = Trang này đã quá cũ. Xin tải lại và điền lại.
error-compare-identity = Hãy đối chiếu căn cước, CMND hoặc hộ chiếu rồi đánh dấu.
error-idempotency-key = Cần tiêu đề Idempotency-Key dài 16 đến 100 ký tự.
error-no-duty = Hãy nhận ca trực ở một chốt trước.
error-logged-out = Hãy đăng nhập.
error-post-unknown = Không có chốt này. Hãy chọn lại chốt.
error-too-many-mismatches = Số giấy tờ này đã bị từ chối nhiều lần. Xin thử lại sau một giờ, hoặc khai với cán bộ ở chốt.

## Tin nhắn và USSD: không dấu khi gửi, mỗi câu vừa một tin 160 ký tự
talk-welcome = Khai báo y tế { $province }. Trả lời là cam kết khai thật và cho lưu để lần sau khai nhanh (QUEN=xóa). EN=English.
talk-document = Số CCCD, CMND hoặc hộ chiếu?
talk-name = Họ và tên?
talk-birth = Năm sinh? Vd 1984
talk-gender = Giới tính? 1=nam 2=nữ 3=khác
talk-nationality = Quốc tịch? Mã 2 chữ, vd VN, CN, KR
talk-origin = Đi từ tỉnh (hoặc xã) nào? Vd Hà Nội
talk-plate = Biển số xe? Vd 29A12345. 0=không đi xe
talk-seat = Số ghế hoặc số hiệu chuyến?
talk-return = Ngày về? Vd 25112026
talk-test = và kết quả: 1=âm tính 2=dương tính 3=chưa có. Vd 20112026 1. Chưa xét nghiệm: 0
talk-group = Gõ các số, vd 12. 0=không
talk-yes-no = 1=có 0=không
talk-number = Gõ số.
talk-number-skip = Gõ số. BO=bỏ qua
talk-skip = bỏ qua
talk-day = Vd 25112026
talk-day-skip = Vd 25112026. 0=bỏ qua
talk-more = 0=tiếp
talk-back = 00=lại
talk-again = Chưa đúng.
talk-which-place = Nơi nào?
talk-resume = Tờ khai còn dở. 1=tiếp tục 2=bắt đầu lại
talk-summary = { $holder }, đi từ
talk-summary-choices = 1=như cũ, cam kết không triệu chứng, không tiếp xúc F0, không ở vùng dịch. 2=khai lại 9=người khác
talk-household = Khai cho ai?
talk-household-other = 9=người khác
talk-pass = { $holder } mã { $code }, đến { $until }. Đưa mã này và giấy tờ ở chốt.
talk-pass-look = { $holder } mã { $code }, đến { $until }. Đưa mã này và giấy tờ ở chốt, cán bộ sẽ xem thêm.
talk-pass-unsure = { $holder } mã { $code }, đến { $until }. Chưa xét xong: đưa mã này cho cán bộ ở chốt quyết định.
talk-pass-hold = { $holder } mã { $code }. Chưa được đi: gặp cán bộ ở chốt hoặc trạm y tế trước, đưa mã này.
talk-refused = { $holder }: chưa đủ điều kiện đi theo quy định của tỉnh. Hỏi cán bộ ở chốt. Điều kiện thay đổi thì soạn KB khai lại.
talk-agree = DY=lưu, lần sau khai nhanh.
talk-passes = Mã còn hạn:
talk-no-pass = Chưa có mã nào còn hạn. Soạn KB để khai.
talk-kept = Đã lưu. Lần sau chỉ cần soạn KB 1. QUEN=xóa.
talk-forgotten = Đã xóa thông tin lưu của số máy này. Tờ khai đã gửi vẫn còn hiệu lực.
talk-cancelled = Đã hủy. Soạn KB để khai lại.
talk-failed = Hệ thống bận, chưa nhận tờ khai. Ít phút nữa soạn KB rồi chọn 1.
talk-too-long = Quá nhiều câu trả lời. Soạn KB để bắt đầu lại, hoặc khai với cán bộ ở chốt.
talk-too-many-mismatches = Giấy tờ này bị từ chối nhiều lần. Một giờ nữa thử lại, hoặc khai với cán bộ ở chốt.
talk-mismatch = Khác dữ liệu dân cư, xem lại giấy tờ.
talk-mismatch-name = Họ tên khác dữ liệu dân cư, xem lại.
talk-mismatch-birth = Ngày sinh khác dữ liệu dân cư, xem lại.
talk-mismatch-gender = Giới tính khác dữ liệu dân cư, xem lại.
talk-no-post = Không có chốt số đó.
talk-language = Tiếng Việt. Soạn KB để khai.
talk-help = KB=khai từng bước. Một tin: KB số CCCD, họ tên, nơi đi, 0 (0=không triệu chứng, không tiếp xúc F0). THE=xem mã QUEN=xóa HUY=dừng EN=English
talk-help-short = LAI=câu trước HUY=dừng.
error-document-odd = Số căn cước cho năm sinh trong tương lai. Xin xem lại số.
short-error-missing = Hãy trả lời.
short-error-choose = Hãy gõ số trong các mục.
short-error-too-long = Dài quá.
short-error-document-odd = Số CCCD không đúng.
short-error-document-unknown = Không rõ loại giấy tờ.
short-error-cccd-length = CCCD có 12 số.
short-error-cccd-digits = CCCD chỉ gồm số.
short-error-passport-form = Hộ chiếu có 5-20 chữ và số.
short-error-name-length = Ghi đủ họ tên.
short-error-name-letters = Tên chỉ gồm chữ.
short-error-birth-form = Chỉ cần năm sinh.
short-error-birth-range = Năm sinh không đúng.
short-error-nationality = Không có mã nước đó.
short-error-unit-unknown = Không thấy nơi này.
short-error-date-form = Gõ ngày tháng năm.
short-error-number-form = Gõ bằng số.
short-error-return-before-travel = Ngày về phải từ hôm nay.
short-text-1 = sốt
short-text-2 = ho
short-text-3 = khó thở
short-text-4 = viêm phổi
short-text-5 = đau họng
short-text-6 = mệt mỏi
short-text-7 = mất vị giác
short-text-20 = tiếp xúc F0
short-text-21 = tiếp xúc người có triệu chứng
short-text-22 = ở vùng dịch
short-text-40 = Ngày xét nghiệm cuối
short-text-41 = Kết quả xét nghiệm?
short-text-42 = Số mũi vắc xin đã tiêm?
short-text-50 = Lý do đi?
short-text-60 = âm tính
short-text-61 = dương tính
short-text-62 = chưa có
short-text-70 = 14 ngày qua có:
short-text-71 = 14 ngày qua có:
short-text-72 = Xét nghiệm, tiêm chủng:
short-text-73 = Chuyến đi:
