package io.maru.platform.grpc;

import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Times as contracts have them, and back. */
public final class Timestamps {
    private Timestamps() {}

    public static Timestamp toProto(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    public static Instant toInstant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
