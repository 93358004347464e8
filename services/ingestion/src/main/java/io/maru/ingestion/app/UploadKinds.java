package io.maru.ingestion.app;

import java.util.Collection;
import java.util.Map;

/** What kind of text each uploaded file is. */
public interface UploadKinds {
    /** The kind of this upload from now on; a corpus that is there already keeps what it began with. */
    void put(String upload, String kind);

    /** The kind of each of these uploads that has one. */
    Map<String, String> find(Collection<String> uploads);
}
