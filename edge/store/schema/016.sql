-- Pictures on their way to head office (edge/store/photo_source.py): what is asked for, what is small, what is left.
CREATE INDEX photos_asked ON photos (at_ms) WHERE asked = 1 AND sent = 0;
CREATE INDEX photos_thumbs ON photos (at_ms) WHERE thumb_sent = 0 AND thumbnail <> '';
CREATE INDEX photos_first ON photos (keep, at_ms) WHERE sent = 0;
