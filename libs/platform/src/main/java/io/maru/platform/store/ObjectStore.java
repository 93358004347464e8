package io.maru.platform.store;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.minio.BucketExistsArgs;
import io.minio.Checksum;
import io.minio.CopyObjectArgs;
import io.minio.GetObjectArgs;
import io.minio.Http;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.SourceObject;
import io.minio.StatObjectArgs;
import io.minio.StatObjectResponse;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.messages.Item;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import okhttp3.Dispatcher;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okio.BufferedSink;

/**
 * The bytes of the platform: one bucket of an S3 store. Objects are immutable: a key is written once, or again with the
 * same content. Every method throws a {@link Refusal}: OBJECT_MISSING, OBJECT_CORRUPT, or OBJECT_STORE_UNAVAILABLE, which
 * is worth another try.
 */
public final class ObjectStore {
    /** Of an object that is written in one piece, in bytes; no S3 store takes more. */
    public static final long MAX_PIECE = 5L << 30;

    private static final MediaType BYTES = MediaType.get("application/octet-stream");
    private static final int BASE64_SHA256 = 44;
    private static final String CHECKSUM_MODE = "x-amz-checksum-mode";

    private final StreamingClient client;
    private final String bucket;

    private ObjectStore(StreamingClient client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    /**
     * A bucket, whether it is there yet or not.
     *
     * @param endpoint {@code http://host:port}
     */
    public static ObjectStore at(String endpoint, String accessKey, String secretKey, String bucket) {
        Dispatcher dispatcher = new Dispatcher(new CallingThread());
        // No call may wait for another one: the other one's thread would make it.
        dispatcher.setMaxRequests(Integer.MAX_VALUE);
        dispatcher.setMaxRequestsPerHost(Integer.MAX_VALUE);
        // Bounded waits: a store that hangs must look like one that is down.
        OkHttpClient http = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(60))
                .writeTimeout(Duration.ofSeconds(60))
                .build();
        MinioAsyncClient client = MinioAsyncClient.builder()
                .endpoint(endpoint)
                .credentials(accessKey, secretKey)
                .region("us-east-1")
                .httpClient(http, true)
                .build();
        return new ObjectStore(new StreamingClient(client), bucket);
    }

    public void createBucketIfAbsent() {
        if (!exists()) {
            call(
                    "bucket " + bucket,
                    () -> client.makeBucket(
                            MakeBucketArgs.builder().bucket(bucket).build()));
        }
    }

    /** True if the bucket answers: what readiness asks. */
    public boolean isReachable() {
        try {
            return exists();
        } catch (Refusal e) {
            return false;
        }
    }

    private boolean exists() {
        return call(
                "bucket " + bucket,
                () -> client.bucketExists(
                        BucketExistsArgs.builder().bucket(bucket).build()));
    }

    public StoredObject put(String key, byte[] content) {
        call(
                key,
                () -> client.putObject(PutObjectArgs.builder()
                        .bucket(bucket)
                        .object(key)
                        .data(content, content.length)
                        .build()));
        return new StoredObject(key, content.length, HexFormat.of().formatHex(sha256().digest(content)));
    }

    /** Writes a file of any size. */
    public StoredObject put(String key, Path file) {
        return put(key, file, digest(file));
    }

    /**
     * Writes a file of any size whose digest is known. Up to 5 GiB the store itself compares what it received: other bytes
     * are OBJECT_CORRUPT and leave no object.
     */
    public StoredObject put(String key, Path file, String sha256) {
        try {
            long size = Files.size(file);
            if (size > MAX_PIECE) {
                call(
                        key,
                        () -> client.uploadObject(UploadObjectArgs.builder()
                                .bucket(bucket)
                                .object(key)
                                .filename(file.toString())
                                .build()));
            } else {
                try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "r")) {
                    call(
                            key,
                            () -> client.putObject(PutObjectAPIArgs.builder()
                                    .bucket(bucket)
                                    .object(key)
                                    .file(content, size)
                                    .headers(knownDigest(sha256))
                                    .build()));
                }
            }
            return new StoredObject(key, size, sha256);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is to be written, wherever it lies. It may be asked again, and says the same each time. */
    @FunctionalInterface
    public interface Body {
        void writeTo(WritableByteChannel out) throws IOException;
    }

    /**
     * Writes what is known and lies in no file. The store itself compares what it received: other bytes are OBJECT_CORRUPT and
     * leave no object.
     *
     * @param size in bytes, at most {@link #MAX_PIECE}
     * @param sha256 lowercase hexadecimal
     */
    public StoredObject put(String key, long size, String sha256, Body body) {
        if (size > MAX_PIECE) {
            throw new IllegalArgumentException(key + ": " + size + " bytes (expected: at most " + MAX_PIECE + ")");
        }
        RequestBody content = new RequestBody() {
            @Override
            public MediaType contentType() {
                return BYTES;
            }

            @Override
            public long contentLength() {
                return size;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                body.writeTo(sink);
            }
        };
        call(key, () -> client.put(bucket, key, knownDigest(sha256), content));
        return new StoredObject(key, size, sha256);
    }

    /** The client would otherwise digest the whole file twice before it sends it, and the store a third time. */
    private static Http.Headers knownDigest(String sha256) {
        Http.Headers headers = new Http.Headers(Http.Headers.X_AMZ_CONTENT_SHA256, "UNSIGNED-PAYLOAD");
        headers.put(
                Http.Headers.X_AMZ_CHECKSUM_SHA256,
                Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256)));
        return headers;
    }

    /** Size in bytes, or nothing where there is no such object. */
    public OptionalLong size(String key) {
        try {
            return OptionalLong.of(stat(key).size());
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    /**
     * Size and digest of an object without reading it: the digest that its writer gave and that the store itself compared
     * with what it received. Empty where the store has none, as of an object of several pieces: {@link #read} tells it.
     */
    public Optional<StoredObject> attested(String key) {
        StatObjectResponse found = stat(key);
        // A digest of digests, of an object in pieces, has their number behind it.
        return Optional.ofNullable(found.checksums())
                .map(checksums -> checksums.get(Checksum.Algorithm.SHA256))
                .filter(digest -> digest.length() == BASE64_SHA256)
                .map(digest -> new StoredObject(
                        key,
                        found.size(),
                        HexFormat.of().formatHex(Base64.getDecoder().decode(digest))));
    }

    private StatObjectResponse stat(String key) {
        return call(
                key,
                () -> client.statObject(StatObjectArgs.builder()
                        .bucket(bucket)
                        .object(key)
                        .extraHeaders(new Http.Headers(CHECKSUM_MODE, "ENABLED"))
                        .build()));
    }

    /** A stream over the object; the caller closes it. It may throw OBJECT_STORE_UNAVAILABLE as long as it is read. */
    public InputStream open(String key) {
        return open(key, GetObjectArgs.builder());
    }

    /** {@link #open(String)} of a part, of which at least the first byte must be there. */
    public InputStream open(String key, long offset, long length) {
        return open(key, GetObjectArgs.builder().offset(offset).length(length));
    }

    private InputStream open(String key, GetObjectArgs.Builder what) {
        GetObjectArgs args = what.bucket(bucket).object(key).build();
        return new ObjectStream(key, call(key, () -> client.getObject(args)));
    }

    /** A small object whole, such as a manifest. Larger than {@code maxBytes} it is refused as corrupt. */
    public byte[] bytes(String key, int maxBytes) {
        try (InputStream in = open(key)) {
            byte[] content = in.readNBytes(maxBytes + 1);
            if (content.length > maxBytes) {
                throw CommonReason.OBJECT_CORRUPT.because(
                        "%s: more than %d bytes (expected: at most that)", key, maxBytes);
            }
            return content;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Copies an object into a file, by way of a neighbour that takes its place only when complete.
     *
     * @return what was read, with its digest
     */
    public StoredObject fetch(String key, Path into) {
        return fetch(key, into, object -> {});
    }

    /** {@link #fetch(String, Path)} of an object whose digest is known; other bytes are OBJECT_CORRUPT and leave no file. */
    public StoredObject fetch(String key, Path into, String sha256) {
        return fetch(key, into, object -> {
            if (!object.sha256().equals(sha256)) {
                throw CommonReason.OBJECT_CORRUPT.because(
                        "%s: sha256 is %s (expected: %s)", key, object.sha256(), sha256);
            }
        });
    }

    private StoredObject fetch(String key, Path into, Consumer<StoredObject> check) {
        Path part = into.resolveSibling(into.getFileName() + ".part");
        try {
            Files.createDirectories(into.toAbsolutePath().getParent());
            try {
                StoredObject object;
                try (OutputStream out = Files.newOutputStream(part)) {
                    object = copy(key, out);
                }
                check.accept(object);
                Files.move(part, into, StandardCopyOption.ATOMIC_MOVE);
                return object;
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads an object to its end for its size and digest alone. */
    public StoredObject read(String key) {
        try {
            return copy(key, OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private StoredObject copy(String key, OutputStream out) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(open(key), digest)) {
            long size = in.transferTo(out);
            return new StoredObject(key, size, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /** Copies within the store; no byte passes through here. */
    public void copy(String from, String to) {
        call(
                from,
                () -> client.copyObject(CopyObjectArgs.builder()
                        .bucket(bucket)
                        .object(to)
                        .source(SourceObject.builder()
                                .bucket(bucket)
                                .object(from)
                                .build())
                        .build()));
    }

    /** Keys that begin with {@code prefix}, sorted. */
    public List<String> list(String prefix) {
        return call(prefix, () -> {
            List<String> keys = new ArrayList<>();
            for (Result<Item> item : client.listObjects(ListObjectsArgs.builder()
                    .bucket(bucket)
                    .prefix(prefix)
                    .recursive(true)
                    .build())) {
                keys.add(item.get().objectName());
            }
            keys.sort(null);
            return CompletableFuture.completedFuture(keys);
        });
    }

    public void delete(String key) {
        call(
                key,
                () -> client.removeObject(
                        RemoveObjectArgs.builder().bucket(bucket).object(key).build()));
    }

    private <T> T call(String key, Call<T> call) {
        try {
            return call.run().get();
        } catch (MinioException e) {
            throw refusal(key, e);
        } catch (ExecutionException | IllegalStateException e) {
            // A list throws the latter, where other calls throw the former.
            if (e.getCause() instanceof IOException || e.getCause() instanceof MinioException) {
                throw refusal(key, (Exception) e.getCause());
            }
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(key, e);
        }
    }

    private static Refusal refusal(String key, Exception failure) {
        if (!(failure instanceof ErrorResponseException answer)) {
            return unavailable(key, failure);
        }
        String code = answer.errorResponse().code();
        if (code.equals("NoSuchKey")) {
            return new Refusal(
                    CommonReason.OBJECT_MISSING, key + ": no such object (expected: one in the store)", failure);
        }
        if (code.equals("BadDigest")) {
            return new Refusal(
                    CommonReason.OBJECT_CORRUPT,
                    key + ": the store received other bytes (expected: those of its digest)",
                    failure);
        }
        // Whatever it is, a bucket that is not there yet or a wrong secret, it is the operator's to mend.
        return new Refusal(CommonReason.OBJECT_STORE_UNAVAILABLE, key + ": the object store answered " + code, failure);
    }

    private static Refusal unavailable(String key, Exception cause) {
        return new Refusal(CommonReason.OBJECT_STORE_UNAVAILABLE, key + ": the object store did not answer", cause);
    }

    private static String digest(Path file) {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Tells a store that fails while it is read from a disk that fails beside it. */
    private static final class ObjectStream extends FilterInputStream {
        private final String key;

        ObjectStream(String key, InputStream in) {
            super(in);
            this.key = key;
        }

        @Override
        public int read() {
            try {
                return super.read();
            } catch (IOException e) {
                throw unavailable(key, e);
            }
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            try {
                return super.read(buffer, offset, length);
            } catch (IOException e) {
                throw unavailable(key, e);
            }
        }
    }

    @FunctionalInterface
    private interface Call<T> {
        CompletableFuture<T> run() throws MinioException;
    }
}
