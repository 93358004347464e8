package io.maru.ingestion.app;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Where texts, shards and manifests are kept, by key. Every method refuses while the store is out of reach. */
public interface TextStore {
    /** In bytes; nothing where there is no such object. */
    OptionalLong size(String key);

    /** The object's bytes; the caller closes the stream. */
    InputStream open(String key);

    void put(String key, Path file);

    void put(String key, byte[] content);
}
