import pytest
from sqlalchemy import text
from tests.operation.doctor.test_by_hand import *
from tests.operation.doctor.test_by_hand import sold
pytestmark = pytest.mark.engines("sqlite")
U="randomblob(16)"
AT="'2026-09-02 00:00:00'"
T=[
f"INSERT INTO session_event (session_id,kind,occurred_at,recorded_at) SELECT id,'held',{AT},{AT} FROM class_session",
f"INSERT INTO booking_event (booking_id,kind,occurred_at,recorded_at) SELECT min(id),'booked',{AT},{AT} FROM booking",
f"INSERT INTO booking_event (booking_id,kind,occurred_at,recorded_at) SELECT min(id),'attended',{AT},{AT} FROM booking",
f"INSERT INTO queue_event (entry_id,kind,occurred_at,recorded_at) SELECT min(id),'left',{AT},{AT} FROM queue_entry",
f"INSERT INTO payment_event (payment_id,outcome,occurred_at,recorded_at) SELECT min(id),'declined',{AT},{AT} FROM payment",
f"INSERT INTO payment (order_id,provider,reference,cents,currency,started_at) SELECT min(id),'cash','x',1900,'EUR',{AT} FROM orders",
f"INSERT INTO refund (public_id,payment_id,cents,reason,occurred_at,recorded_at) SELECT {U},min(id),1900,'paid twice',{AT},{AT} FROM payment",
f"INSERT INTO refund (public_id,payment_id,cents,reason,occurred_at,recorded_at,recorded_by) SELECT {U},min(id),1900,'paid twice',{AT},{AT},1 FROM payment",
f"INSERT INTO refund (public_id,payment_id,cents,reason,occurred_at,recorded_at,recorded_by) SELECT {U},min(id),190000,'paid twice',{AT},{AT},1 FROM payment",
f"INSERT INTO orders (public_id,member_id,total_cents,currency,placed_at) SELECT {U},min(id),1900,'EUR',{AT} FROM member",
f"INSERT INTO order_line (order_id,product_id,institution_code,role,cents,currency,vat_bp,supplied_on,kind) SELECT max(id),1,'metropolia','student',0,'EUR',1350,'2026-09-01','fee' FROM orders",
f"INSERT INTO order_line (order_id,product_id,institution_code,role,cents,currency,vat_bp,supplied_on,kind) SELECT max(id),1,'metropolia','student',500,'EUR',1350,'2026-09-01','fee' FROM orders",
f"INSERT INTO receipt (year,number,order_id,kind,cents,issued_at,seller_name,seller_address,seller_business_id) SELECT 2026,4,min(id),'refund',-1900,{AT},'','','' FROM orders",
f"UPDATE receipt_sequence SET last=9",
f"INSERT INTO phone_replacement (member_id,keys,occurred_at,recorded_by) SELECT min(id),1,{AT},min(id) FROM member",
f"INSERT INTO handled_denial (entry_id,actor_id,occurred_at) SELECT min(id),1,{AT} FROM entry",
f"INSERT INTO quarantine (bridge_id,digest,raw,why,recorded_at) SELECT min(id),x'00','x','x',{AT} FROM bridge",
f"INSERT INTO used_code (kid,ts,area_id,entry_uuid,occurred_at) SELECT kid,ts+9,area_id,{U},occurred_at FROM used_code LIMIT 1",
f"DELETE FROM used_code",
f"UPDATE used_code SET occurred_at={AT}",
f"DELETE FROM roster_mark",
f"UPDATE roster_mark SET version = NULL",
f"UPDATE feed SET version = 0",
f"UPDATE feed SET version = version+100",
f"UPDATE bridge SET roster_version = 999999",
f"INSERT INTO bridge_alarm (public_id,bridge_id,kind,seq,recorded_at,cleared_at) SELECT {U},min(id),'tamper',1,{AT},{AT} FROM bridge",
f"UPDATE area SET passback_seconds=0",
f"UPDATE area SET sensitive = NOT sensitive",
f"DELETE FROM area",
f"UPDATE space SET companions = 9",
f"UPDATE space SET step_minutes = 5",
f"UPDATE class_session SET booked = booked+1",
f"UPDATE class_session SET booked = 0",
f"UPDATE class_session SET bookable = bookable+1",
f"UPDATE class_session SET instructor_id = 1",
f"UPDATE class_session SET rule_id = NULL",
f"DELETE FROM hold WHERE id=(SELECT min(id) FROM hold)",
f"UPDATE hold SET slice = slice+500",
f"DELETE FROM name_trigram",
f"INSERT INTO name_trigram VALUES ('zzz',1)",
f"UPDATE member SET created_at={AT}",
f"UPDATE member SET name='x'",
f"UPDATE credential SET certified_until='2099-01-01'",
f"UPDATE credential SET created_at={AT}",
f"UPDATE api_token SET expires_at='2099-01-01 00:00:00'",
f"UPDATE sign_in_session SET created_at='2099-01-01 00:00:00'",
f"UPDATE suspension SET ends_at={AT}",
f"UPDATE entry SET granted = NOT granted",
f"UPDATE entry SET holder = 5",
f"UPDATE entry SET kind='open'",
f"UPDATE entry SET recorded_at={AT}",
f"UPDATE entry SET bridge_id=2",
f"UPDATE entry SET area_id=(SELECT max(id) FROM area)",
f"DELETE FROM visit WHERE id=(SELECT min(id) FROM visit)",
f"DELETE FROM pass_event",
f"INSERT INTO pass_event (pass_id,kind,occurred_at,recorded_at,by) SELECT max(id),'refunded',{AT},{AT},'x' FROM pass",
f"UPDATE visit SET source='desk'",
f"UPDATE attendance SET session_id=session_id, visit_id=NULL",
f"UPDATE sighting SET member_id=(SELECT min(id) FROM member)",
f"INSERT INTO survey_participation SELECT id, 1 FROM survey",
f"INSERT INTO survey_box (id,survey_id,sealed) SELECT {U}, id, x'00' FROM survey",
f"UPDATE survey SET audience='[]'",
f"UPDATE survey SET by_campus=NOT by_campus",
f"UPDATE survey SET public_key=x'00'",
f"INSERT INTO survey_closing (survey_id,participants,occurred_at,recorded_at) SELECT id,50,{AT},{AT} FROM survey",
f"UPDATE counted_days SET last_day='2027-01-01'",
f"INSERT INTO counted_days (first_day,last_day,as_of) VALUES ('2026-01-01','2026-12-31','2027-01-02 00:00:00')",
f"INSERT INTO daily_count (day,hour,campus,figure,group_code,part,whole,recorded_at) SELECT day,hour,campus,figure,group_code,1,1,recorded_at FROM daily_count LIMIT 1",
f"INSERT INTO head_count (session_id,people,counted_by,recorded_at) SELECT min(id),5,1,'2020-01-01 00:00:00' FROM class_session",
f"UPDATE booking SET companions=3",
f"UPDATE booking SET created_at={AT}",
f"UPDATE booking SET session_id=(SELECT max(id) FROM class_session), state='attended' WHERE id=1",
f"UPDATE queue_entry SET created_at='2020-01-01 00:00:00'",
f"UPDATE queue_entry SET state='left'",
f"INSERT INTO eligibility_proof (affiliation_id,source,valid_from,valid_until,occurred_at,recorded_at) SELECT id,'x','2020-01-01','2099-01-01',{AT},{AT} FROM affiliation",
f"INSERT INTO affiliation (public_id,member_id,institution_id,role) SELECT {U},min(id),1,'staff' FROM member",
f"INSERT INTO pass (public_id,member_id,product_id,kind,entitlements,campuses,starts_on,ends_on) SELECT {U},min(id),1,'sports_pass','[\"gym\"]','[]','2026-01-01','2099-01-01' FROM member",
f"INSERT INTO credential (kid,point,member_id,label,created_at,certified_until) SELECT x'0102030405060708',{U},min(id),'x',{AT},'2099-01-01 00:00:00' FROM member",
f"INSERT INTO sign_in_session (public_id,member_id,digest,created_at,seen_at,browser,system) SELECT {U},1,{U}||{U},{AT},{AT},'x','x'",
f"INSERT INTO opening_hours (campus_id,weekday,opens,closes,valid_from) SELECT 1,6,'00:00:00.000000','23:00:00.000000','2026-01-01'",
f"UPDATE opening_hours SET valid_until='2026-01-01'",
f"INSERT INTO price (product_id,price_group,role,valid_from,cents,currency) SELECT product_id,price_group,role,'2026-09-01',1,'EUR' FROM price LIMIT 1",
f"INSERT INTO price_group VALUES (2,'x')",
f"UPDATE role_grant SET member_id=3",
f"UPDATE member SET id=99 WHERE id=(SELECT max(id) FROM member)",
f"INSERT INTO suspension (public_id,member_id,reason,starts_at,recorded_at) SELECT {U},1,'x',{AT},{AT}",
f"INSERT INTO door_order (public_id,door_id,kind,ordered_by,reason,created_at,expires_at) SELECT {U},1,'open_once',1,'x',{AT},'2099-01-01 00:00:00'",
f"UPDATE door_order SET outcome='done'",
f"UPDATE accessibility_feedback SET answer='x'",
f"UPDATE outbox SET body='x'",
f"UPDATE outbox SET recipient='thief@x.example'",
f"UPDATE job_run SET state='done'",
f"UPDATE staff_password SET changed_at='2099-01-01 00:00:00'",
f"UPDATE season SET code='x'",
f"INSERT INTO season_week (season_id,iso_year,iso_week,regular,recorded_at) SELECT season_id,2027,1,1,{AT} FROM season_week LIMIT 1",
f"UPDATE season_week SET regular = NOT regular",
f"UPDATE product SET campuses='[\"x\"]'",
f"UPDATE vat_rate SET valid_from='2020-01-01'",
f"UPDATE institution SET study_region = NOT study_region",
f"UPDATE booking_policy SET no_shows=99",
f"UPDATE service_profile SET seller_business_id='x'",
f"UPDATE service_profile SET seller_name='x'",
f"UPDATE bridge SET wire=9",
f"UPDATE bridge SET next_public_key=x'00'",
f"UPDATE bridge SET campus_id=1",
f"UPDATE email_change SET created_at='2099-01-01 00:00:00', tries=0",
f"UPDATE sign_in_code SET tries=0, created_at='2099-01-01 00:00:00'",
f"UPDATE sign_in_code SET used_at=NULL, browser=NULL",
f"UPDATE kept_answer SET body='x'",
]
def test_t(sold):
    from zone.core.db.append_only import stored_tables
    out=open("/tmp/byhand.txt","w")
    base=None
    AT2=NOW+timedelta(minutes=1)
    with writing() as session:
        trig=session.execute(text("SELECT name, sql FROM sqlite_master WHERE type='trigger'")).all()
        def ask():
            bad=[]
            for i in INVARIANTS:
                try: n=i.count_broken(session, NOW-timedelta(days=1) if not i.at_present else AT2)
                except Exception as e: n="EXC %r"%e
                if n: bad.append((i.name,n))
            return bad
        base=ask(); out.write(f"BASE {base}\n")
        for s in T:
            n=session.begin_nested()
            try:
                c=session.execute(text(s)).rowcount
            except Exception as e:
                out.write(f"REFUSED {s[:90]} {str(e).splitlines()[0][:90]}\n"); n.rollback(); continue
            bad=[b for b in ask() if b not in base]
            out.write(f"{'found' if bad else 'UNSEEN' if c else 'norows'} {s[:150]} {[b[0] for b in bad]}\n")
            n.rollback()
