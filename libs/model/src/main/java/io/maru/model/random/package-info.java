/** Makes random numbers that are the same on every machine. For the other packages of this module alone. */
package io.maru.model.random;
