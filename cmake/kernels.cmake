# SPDX-License-Identifier: Apache-2.0
# Compiled kernels of the shipped model are added here by the generator (src/emit).
