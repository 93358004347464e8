package io.maru.training.work.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.model.cluster.Cluster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/*
 * What a service and its trainer process say to each other, one answer to each request, but for three:
 *
 *     length (4)   kind (1)   content (length - 1)
 *
 *     BEGIN     setup, cluster, seed       -->  DONE  step
 *     RESUME    setup, cluster, folder     -->  DONE  step
 *     FOLLOW    setup, cluster             -->  DONE  when rank 0 has ended
 *     STEP      rate, limit, the batch     -->  DONE  step, loss, gradient norm
 *     VALIDATE  the batch                  -->  DONE  loss
 *     HOLD                                 -->  DONE
 *     SAVE      folder                     ..>  SAVED  size and SHA-256 of the two files, or UNSAVED  why
 *     DROP
 *     END                                  -->  DONE
 *
 * A batch is its inputs and its targets. Any request with an answer may be answered by DIVERGED, UNSUPPORTED, CORRUPT or
 * FAILED instead. What HOLD holds is written by SAVE while further steps are taken: SAVED and UNSAVED come between the
 * answers to others, whenever it is done; DROP lets go of it.
 * Whoever reads the end of the stream knows that the other one is gone.
 */
/** One message between a service and its trainer process. */
@SuppressWarnings("ArrayRecordComponent") // Read at once, never compared.
record Frame(int kind, byte[] content) {
    /** Above the tokens of the largest step. */
    private static final int MAX_BYTES = 1 << 30;

    enum Request {
        BEGIN,
        RESUME,
        FOLLOW,
        STEP,
        VALIDATE,
        HOLD,
        SAVE,
        DROP,
        END
    }

    enum Answer {
        DONE,
        DIVERGED,
        UNSUPPORTED,
        CORRUPT,
        FAILED,
        SAVED,
        UNSAVED
    }

    /** Writes a message's content. */
    @FunctionalInterface
    interface Content {
        void write(DataOutputStream out) throws IOException;
    }

    static Frame of(Enum<?> kind, Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            content.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Frame(kind.ordinal(), bytes.toByteArray());
    }

    DataInputStream in() {
        return new DataInputStream(new ByteArrayInputStream(content));
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(1 + content.length);
        out.writeByte(kind);
        out.write(content);
        out.flush();
    }

    /** @throws java.io.EOFException where the other one is gone */
    static Frame read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 1 || length > MAX_BYTES) {
            throw new IOException("frame: " + length + " bytes (expected: 1.." + MAX_BYTES + ")");
        }
        int kind = in.readUnsignedByte();
        byte[] content = in.readNBytes(length - 1);
        if (content.length < length - 1) {
            throw new IOException("frame: " + content.length + " bytes (expected: " + (length - 1) + ")");
        }
        return new Frame(kind, content);
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), UTF_8);
    }

    static void writeCluster(DataOutputStream out, Cluster cluster) throws IOException {
        writeText(out, String.join("\n", cluster.addresses()));
        out.writeInt(cluster.rank());
        out.writeLong(cluster.limit().toMillis());
    }

    static Cluster readCluster(DataInputStream in) throws IOException {
        List<String> addresses = readText(in).lines().toList();
        return new Cluster(addresses, in.readInt(), Duration.ofMillis(in.readLong()));
    }

    static void writeInts(DataOutputStream out, int[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES));
        bytes.asIntBuffer().put(values);
        out.writeInt(values.length);
        out.write(bytes.array());
    }

    static int[] readInts(DataInputStream in) throws IOException {
        int[] values = new int[in.readInt()];
        ByteBuffer.wrap(in.readNBytes(values.length * Integer.BYTES))
                .asIntBuffer()
                .get(values);
        return values;
    }
}
