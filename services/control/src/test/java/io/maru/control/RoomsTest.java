package io.maru.control;

import io.maru.platform.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void eachRoomSeesWhatItMay() {
        Rooms.check("io.maru.control");
    }
}
