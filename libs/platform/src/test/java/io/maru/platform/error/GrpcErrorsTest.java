package io.maru.platform.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.maru.platform.database.DatabaseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcErrorsTest {
    private static final Map<Kind, Status.Code> STATUS = Map.of(
            Kind.INVALID, Status.Code.INVALID_ARGUMENT,
            Kind.NOT_FOUND, Status.Code.NOT_FOUND,
            Kind.DENIED, Status.Code.PERMISSION_DENIED,
            Kind.ALREADY_EXISTS, Status.Code.ALREADY_EXISTS,
            Kind.NOT_NOW, Status.Code.FAILED_PRECONDITION,
            Kind.EXHAUSTED, Status.Code.RESOURCE_EXHAUSTED,
            Kind.CORRUPT, Status.Code.DATA_LOSS,
            Kind.UNAVAILABLE, Status.Code.UNAVAILABLE,
            Kind.CANCELLED, Status.Code.CANCELLED);

    private final GrpcErrors errors = new GrpcErrors("maru-training");

    private record TestReason(String name, Kind kind) implements Reason {}

    @ParameterizedTest
    @EnumSource
    void aRefusalKeepsItsSentenceAndCarriesItsReason(Kind kind) throws Exception {
        Refusal refusal = new TestReason("NO_MORE_TEA", kind).because("tea: %d %% (expected: 1)", 0);

        com.google.rpc.Status status = StatusProto.fromThrowable(errors.transform(refusal));

        assertThat(status.getCode()).isEqualTo(STATUS.get(kind).value());
        assertThat(status.getMessage()).isEqualTo("tea: 0 % (expected: 1)");
        assertThat(status.getDetailsList()).hasSize(1);
        assertThat(status.getDetails(0).unpack(ErrorInfo.class))
                .isEqualTo(ErrorInfo.newBuilder()
                        .setReason("NO_MORE_TEA")
                        .setDomain("maru.training")
                        .build());
    }

    @Test
    void aRefusalTellsAllItsViolationsALineEachAndFieldByField() throws Exception {
        Violations violations = new Violations();
        violations.add("model.heads", "5", "a divisor of width, 128");
        violations.addAll("data", List.of(new Violation("shards[0]", "none (expected: some)")));

        StatusRuntimeException left = (StatusRuntimeException)
                errors.transform(assertThrows(Refusal.class, () -> violations.throwIfAny(CommonReason.INVALID_SPEC)));

        assertThat(left.getStatus().getDescription())
                .isEqualTo("model.heads: 5 (expected: a divisor of width, 128)\ndata.shards[0]: none (expected: some)");
        assertThat(GrpcFaults.violations(left))
                .containsExactly(
                        new Violation("model.heads", "5 (expected: a divisor of width, 128)"),
                        new Violation("data.shards[0]", "none (expected: some)"));
        assertThat(GrpcFaults.info(left).orElseThrow().getReason()).isEqualTo("INVALID_SPEC");
    }

    /** Peers refuse answers with more than 8 KiB of headers. */
    @Test
    void ofTooManyViolationsTheFirstAreTold() {
        Violations violations = new Violations();
        for (int i = 0; i < 500; i++) {
            violations.add("field" + i, "é".repeat(20), "something else");
        }

        StatusRuntimeException left =
                (StatusRuntimeException) errors.transform(new Refusal(CommonReason.INVALID_SPEC, violations.list()));

        int told = GrpcFaults.violations(left).size();
        assertThat(told).isBetween(10, 30);
        assertThat(left.getStatus().getDescription()).endsWith("\nand " + (500 - told) + " more");
        int details = left.getTrailers()
                .get(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER))
                .length;
        // Vert.x's server escapes all but letters and digits in grpc-message, with three characters a byte.
        int escaped = 0;
        for (byte each : left.getStatus().getDescription().getBytes(StandardCharsets.UTF_8)) {
            escaped += Character.isLetterOrDigit(each) ? 1 : 3;
        }
        assertThat(details * 4 / 3 + escaped).isLessThan(8_000);
    }

    @Test
    void aNeighboursRefusalIsOneOfOursWithItsReason() {
        StatusRuntimeException left = (StatusRuntimeException)
                errors.transform(new Refusal(CommonReason.INVALID_SPEC, List.of(new Violation("a", "b"))));

        assertThat(GrpcFaults.toRefusal(left)).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(new ForeignReason("maru.training", "INVALID_SPEC", Kind.INVALID));
            assertThat(refusal).hasMessage("a: b");
            assertThat(refusal.violations()).containsExactly(new Violation("a", "b"));
        });
    }

    @Test
    void aNeighbourOutOfReachIsTransientAndOneThatFailsInItselfIsNoRefusal() {
        assertThat(GrpcFaults.toRefusal(Status.UNAVAILABLE.asRuntimeException()))
                .satisfies(e -> assertThat(Faults.isTransient(e)).isTrue());
        assertThat(GrpcFaults.toRefusal(Status.DEADLINE_EXCEEDED.asRuntimeException()))
                .satisfies(e -> assertThat(Faults.isTransient(e)).isTrue());
        assertThat(GrpcFaults.toRefusal(Status.INTERNAL.withDescription("oh").asRuntimeException()))
                .isNotInstanceOf(Refusal.class)
                .hasMessage("a neighbour failed: oh");
    }

    /** The compiler's check does not see a format that is no literal. */
    @Test
    void aRefusalHasTheSameDigitsInEveryLocale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(new Locale.Builder().setLanguage("ar").setRegion("EG").build());
        try {
            assertThat(CommonReason.INVALID_ARGUMENT.because("batch: %d (expected: <= %,.1f)", 12, 3456.5))
                    .hasMessage("batch: 12 (expected: <= 3,456.5)");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void aSentenceWithoutArgumentsIsTakenAsItIs() {
        assertThat(CommonReason.INVALID_ARGUMENT.because("100 %")).hasMessage("100 %");
    }

    @Test
    void anythingElseLeavesAsInternalWithoutAWordAboutIt() {
        StatusRuntimeException left = (StatusRuntimeException)
                errors.transform(new IllegalStateException("password=hunter2", new IOException("/secret/path")));

        assertThat(left.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(left.getStatus().getDescription()).isEqualTo("internal error; the service's log has it");
        assertThat(left.getStatus().getCause()).isNull();
        assertThat(left.getTrailers()).isNull();
    }

    @Test
    void aStatusStaysOne() {
        StatusRuntimeException status = Status.ABORTED.withDescription("again").asRuntimeException();
        StatusException checked = Status.ABORTED.withDescription("again").asException();

        assertThat(errors.transform(status)).isSameAs(status);
        assertThat(((StatusRuntimeException) errors.transform(checked)).getStatus())
                .isEqualTo(checked.getStatus());
    }

    @Test
    void aDatabaseOutOfReachIsUnavailableWithoutItsAddress() throws Exception {
        SQLException cause = new SQLException("Connection to db-7.internal:5432 refused", "08001");

        com.google.rpc.Status status = StatusProto.fromThrowable(errors.transform(new DatabaseException(cause)));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE.value());
        assertThat(status.getMessage()).isEqualTo("the service's database is out of reach");
        assertThat(status.getDetails(0).unpack(ErrorInfo.class).getReason()).isEqualTo("DATABASE_UNAVAILABLE");
    }

    @Test
    void aFullDiskIsUnavailableWithoutItsPath() throws Exception {
        IOException full = new IOException("/var/lib/maru/x: No space left on device");

        com.google.rpc.Status status = StatusProto.fromThrowable(errors.transform(new UncheckedIOException(full)));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE.value());
        assertThat(status.getMessage()).isEqualTo("the service's disk is full");
        assertThat(status.getDetails(0).unpack(ErrorInfo.class).getReason()).isEqualTo("DISK_FULL");
        assertThat(Faults.isTransient(new UncheckedIOException(full))).isTrue();
        assertThat(Faults.isTransient(new IOException("Permission denied"))).isFalse();
    }

    /** Java has no other word for it; this is what a real one says. */
    @Test
    void knowsAFullDiskWhenItMeetsOne() {
        assertThatThrownBy(() -> Files.write(Path.of("/dev/full"), new byte[1]))
                .satisfies(e -> assertThat(Faults.isDiskFull(e)).isTrue());
    }

    /** Connection lost; disk full; too many connections; the server stops; serialization failure; deadlock. */
    @ParameterizedTest
    @ValueSource(strings = {"08006", "53100", "53300", "57P01", "40001", "40P01"})
    void someStatementsMayGoThroughLater(String state) {
        assertThat(Faults.isTransient(new DatabaseException(new SQLException("no", state))))
                .isTrue();
    }

    /** Duplicate; no such table; cancelled by the user. */
    @ParameterizedTest
    @ValueSource(strings = {"23505", "42P01", "57014"})
    void otherStatementsWillNot(String state) {
        assertThat(Faults.isTransient(new DatabaseException(new SQLException("no", state))))
                .isFalse();
    }

    @Test
    void whatIsDownIsTransientHoweverDeepItLies() {
        assertThat(Faults.isTransient(CommonReason.OBJECT_STORE_UNAVAILABLE.because("down")))
                .isTrue();
        assertThat(Faults.isTransient(new IllegalStateException(Status.UNAVAILABLE.asRuntimeException())))
                .isTrue();
        assertThat(Faults.isTransient(Status.DEADLINE_EXCEEDED.asRuntimeException()))
                .isTrue();
        assertThat(Faults.isTransient(new RuntimeException(new SQLTransientConnectionException())))
                .isTrue();
    }

    @Test
    void whatIsWrongIsNotTransient() {
        assertThat(Faults.isTransient(CommonReason.OBJECT_MISSING.because("missing")))
                .isFalse();
        assertThat(Faults.isTransient(Status.NOT_FOUND.asRuntimeException())).isFalse();
        assertThat(Faults.isTransient(new SQLException("no state"))).isFalse();
        assertThat(Faults.isTransient(new NullPointerException())).isFalse();
    }
}
